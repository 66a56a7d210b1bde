package dev.lgc.dsl.resolve;

import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import java.util.HashMap;
import java.util.Map;

/** Placeholder: duplicate top-level names. */
final class NameCheck {
  private final Module module;
  private final Diagnostics found;

  NameCheck(Module module, Diagnostics found) {
    this.module = module;
    this.found = found;
  }

  void run() {
    Map<String, Item.Named> seen = new HashMap<>();
    for (Item.Named i : module.own()) {
      Item.Named first = seen.putIfAbsent(i.name().text(), i);
      if (first != null) {
        found.add(
            Diagnostic.of(
                    Code.DUPLICATE_NAME,
                    i.name().span(),
                    "`" + i.name() + "` is declared twice in this file")
                .withNote(first.name().span(), "first declared here"));
      }
    }
  }
}
