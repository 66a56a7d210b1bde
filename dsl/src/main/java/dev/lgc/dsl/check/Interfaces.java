package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.resolve.Module;
import java.util.List;
import java.util.Optional;

/** The promises of interfaces, which models keep. */
final class Interfaces {
  private final Evaluator eval;
  private final Elaboration in;

  Interfaces(Evaluator eval) {
    this.eval = eval;
    this.in = eval.in;
  }

  /** Checks that a model keeps what its interface promises. */
  void check(Instance i) {
    Optional<Ident> is = i.block().item().is();
    if (is.isEmpty()) {
      return;
    }
    List<Module.Symbol> all = i.block().home().named(is.get().text());
    if (all.size() != 1 || !(all.getFirst().item() instanceof Item.Interface want)) {
      in.report(
          Diagnostic.of(
                  all.isEmpty() ? Code.UNKNOWN_NAME : Code.WRONG_KIND,
                  is.get().span(),
                  "there is no interface `" + is.get() + "`")
              .withNear(NearNames.of(is.get().text(), i.block().home().names().keySet())));
      return;
    }
    for (Param fact : want.facts()) {
      Optional<Scope.Binding> b = i.scope().local(fact.name().text());
      if (b.isEmpty()) {
        in.report(
            Diagnostic.of(
                    Code.INTERFACE_NOT_MET,
                    is.get().span(),
                    i.block().item().name()
                        + " has no `"
                        + fact.name()
                        + "`, which "
                        + want.name()
                        + " promises")
                .withNote(fact.name().span(), "promised here")
                .withHint("add `let " + fact.name() + " = …`"));
      } else {
        try {
          eval.coercion.coerce(
              b.get().value(),
              fact,
              Optional.empty(),
              b.get().declared().span(),
              in.fileScope(all.getFirst().home()));
        } catch (Fault f) {
          in.report(f);
        }
      }
    }
  }
}
