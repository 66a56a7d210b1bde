package dev.lgc.runtime.model;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.resolve.Loader;
import dev.lgc.dsl.source.Source;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The text of an {@code .arch} and of everything it imports, so that what was made of it can be
 * made again anywhere and later, whatever happens to the files.
 *
 * @param main the name of the file that was asked for
 * @param texts every file, by its name as {@code main} would import it; modules of the library by
 *     {@code lgc/lib/…}, so that a file may have the name of one
 */
public record ArchSources(String main, Map<String, String> texts) {
  private static final String LIBRARY = "lgc/lib/";

  public ArchSources {
    texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
    if (!texts.containsKey(main)) {
      throw new IllegalArgumentException("no text of " + main);
    }
  }

  /** Those of a loaded file. */
  public static ArchSources of(Language file) {
    String main = file.source().name();
    String folder = main.substring(0, main.lastIndexOf('/') + 1);
    Map<String, String> texts = new LinkedHashMap<>();
    for (Source s : file.sources()) {
      texts.put(name(s.name(), folder), s.text());
    }
    return new ArchSources(name(main, folder), texts);
  }

  private static String name(String source, String folder) {
    return !source.startsWith(LIBRARY) && source.startsWith(folder)
        ? source.substring(folder.length())
        : source;
  }

  /** Loads the file again. */
  public Outcome<Language> load() {
    return Language.load(main, Loader.of(texts));
  }
}
