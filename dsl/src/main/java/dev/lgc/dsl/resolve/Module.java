package dev.lgc.dsl.resolve;

import dev.lgc.dsl.ast.ArchFile;
import dev.lgc.dsl.ast.Item;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A file and the names it can see: its own, then those of its imports and their imports. A file's
 * own names hide imported ones.
 */
public final class Module {
  private final ArchFile file;
  private final List<Module> imports;
  private final Map<String, List<Symbol>> visible;
  private final Map<String, List<Symbol>> rows;

  /** A declaration and the file it stands in: equal are those of the same place in a file. */
  public record Symbol(Item.Named item, Module home) {
    @Override
    @SuppressWarnings("ReferenceEquality") // comparing all that stands in them takes long
    public boolean equals(Object o) {
      return o instanceof Symbol s && item == s.item && home == s.home;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(item);
    }
  }

  Module(ArchFile file, List<Module> imports) {
    this.file = file;
    this.imports = List.copyOf(imports);
    this.visible = new LinkedHashMap<>();
    for (Item i : file.items()) {
      if (i instanceof Item.Named n) {
        visible.computeIfAbsent(n.name().text(), _ -> new ArrayList<>()).add(new Symbol(n, this));
      }
    }
    Map<String, List<Symbol>> own = new LinkedHashMap<>(visible);
    for (Module m : imports) {
      m.visible.forEach(
          (name, symbols) -> {
            if (!own.containsKey(name)) {
              List<Symbol> known = visible.computeIfAbsent(name, _ -> new ArrayList<>());
              symbols.stream().filter(s -> !known.contains(s)).forEach(known::add);
            }
          });
    }
    this.rows = new LinkedHashMap<>();
    for (List<Symbol> all : visible.values()) {
      for (Symbol s : all) {
        if (s.item() instanceof Item.Scale scale) {
          scale
              .rows()
              .forEach(r -> rows.computeIfAbsent(r.name().text(), _ -> new ArrayList<>()).add(s));
        }
      }
    }
  }

  public ArchFile file() {
    return file;
  }

  public List<Module> imports() {
    return imports;
  }

  /** The declarations of that name: none, one, or several if imports disagree. */
  public List<Symbol> named(String name) {
    return visible.getOrDefault(name, List.of());
  }

  /** The scales with a row of that name. */
  public List<Symbol> scalesWithRow(String row) {
    return rows.getOrDefault(row, List.of());
  }

  /** All names that can be seen. */
  public Map<String, List<Symbol>> names() {
    return Collections.unmodifiableMap(visible);
  }

  /** The declarations of this file that have names. */
  public List<Item.Named> own() {
    return file.items().stream()
        .filter(Item.Named.class::isInstance)
        .map(Item.Named.class::cast)
        .toList();
  }
}
