package dev.lgc.dsl.ast;

import dev.lgc.dsl.source.Source;
import java.util.List;

/** A parsed file. */
public record ArchFile(Source source, List<Item> items) {
  public ArchFile {
    items = List.copyOf(items);
  }
}
