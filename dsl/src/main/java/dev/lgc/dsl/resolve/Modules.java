package dev.lgc.dsl.resolve;

import dev.lgc.dsl.ast.ArchFile;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.parse.Parser;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads a file and all it imports. */
public final class Modules {
  private final Loader loader;
  private final Diagnostics found = new Diagnostics();
  private final Map<String, Module> done = new HashMap<>();
  private final List<String> open = new ArrayList<>();

  private Modules(Loader loader) {
    this.loader = loader;
  }

  /**
   * The module of a source: parsed, imports followed, every name checked.
   *
   * @param words the names that mean something without being declared
   */
  public static Outcome<Module> load(Source source, Loader loader, Set<String> words) {
    Modules all = new Modules(loader);
    Module m = all.module(source);
    if (all.found.isEmpty()) {
      all.done.values().forEach(each -> new NameCheck(each, words, all.found).run());
    }
    return Outcome.of(m, all.found);
  }

  private Module module(Source source) {
    Outcome<ArchFile> file = Parser.parse(source);
    found.addAll(file.diagnostics());
    ArchFile tree = file.value().orElse(new ArchFile(source, List.of()));
    open.add(source.name());
    List<Module> imports = new ArrayList<>();
    for (Item i : tree.items()) {
      if (i instanceof Item.Import im) {
        Outcome<Source> target = loader.imported(im.path(), source, im.span());
        found.addAll(target.diagnostics());
        target.value().ifPresent(s -> follow(s, im.span(), imports));
      }
    }
    open.removeLast();
    Module m = new Module(tree, imports);
    done.put(source.name(), m);
    return m;
  }

  private void follow(Source target, Span at, List<Module> imports) {
    int circle = open.indexOf(target.name());
    if (circle >= 0) {
      String path =
          open.subList(circle, open.size()).stream().collect(Collectors.joining(" -> "))
              + " -> "
              + target.name();
      found.add(
          Diagnostic.of(Code.IMPORT_CYCLE, at, "these files import one another in a circle")
              .withFound(path)
              .withHint("move what both need into a third file"));
    } else if (done.containsKey(target.name())) {
      imports.add(done.get(target.name()));
    } else {
      imports.add(module(target));
    }
  }
}
