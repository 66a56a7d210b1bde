package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.resolve.Module;
import dev.lgc.dsl.source.Span;
import java.util.List;
import java.util.function.BiConsumer;

/** Finds every mistake of a file that can be found without arguments. */
final class FileCheck {
  private final Module module;
  private final Diagnostics found = new Diagnostics();
  private final BiConsumer<String, List<Entry>> entries;

  /**
   * A check of a file.
   *
   * @param entries told of each model that is elaborated, as soon as it is
   */
  FileCheck(Module module, BiConsumer<String, List<Entry>> entries) {
    this.module = module;
    this.entries = entries;
  }

  List<Diagnostic> run() {
    for (Item.Named i : module.own()) {
      elaborate(i, true);
    }
    for (Item.Named i : module.own()) {
      elaborate(i, false);
    }
    return found.all();
  }

  private void elaborate(Item.Named item, boolean models) {
    Elaboration in = new Elaboration(Dimensions.distinct());
    Evaluator eval = new Evaluator(in);
    try {
      Value v = eval.globals.of(new Module.Symbol(item, module), item.name().span());
      switch (v) {
        case Value.Block b when b.item().model() == models -> block(b, eval);
        case Value.Scale s when !models -> {
          for (Item.Row r : s.item().rows()) {
            row(s, r, eval);
          }
        }
        default -> {}
      }
    } catch (Fault f) {
      f.diagnostic().ifPresent(in.found::add);
    } catch (StackOverflowError e) {
      found.add(
          Diagnostic.of(
              dev.lgc.dsl.diagnostic.Code.NESTED_TOO_DEEPLY,
              item.name().span(),
              "this is nested too deeply"));
    }
    found.addAll(in.found.all());
  }

  private static void row(Value.Scale s, Item.Row r, Evaluator eval) {
    try {
      eval.coercion.row(s, r.name().text(), r.name().span());
    } catch (Fault f) {
      eval.in.report(f);
    }
  }

  private void block(Value.Block b, Evaluator eval) {
    boolean standing =
        Blocks.params(b).stream()
            .map(Param::standard)
            .allMatch(java.util.Optional<Expr>::isPresent);
    if (!standing) {
      return;
    }
    Instance root = eval.blocks.instantiate(b, List.of(), Path.ROOT, false, false, Span.NONE);
    Entries in = new Entries(eval);
    if (b.item().model()) {
      new Interfaces(eval).check(root);
      entries.accept(b.name(), in.of(root));
    }
    in.unused(root);
  }
}
