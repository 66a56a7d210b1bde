package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.resolve.Module;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The conditions on a model: its {@code require} statements and the promises of its interface. */
final class Requirements {
  private final Elaboration in;

  Requirements(Elaboration in) {
    this.in = in;
  }

  /** A {@code require} statement: a fault with its words if it does not hold. */
  void require(Stmt.Require r, Scope scope) {
    if (!in.eval.bool(r.condition(), scope)) {
      String message = r.message().map(m -> in.eval.text(m, scope)).orElse("");
      throw new Fault(
          Diagnostic.of(
                  Code.REQUIREMENT_FAILED,
                  r.condition().span(),
                  message.isEmpty() ? "this requirement does not hold" : message)
              .withFound(values(r.condition(), scope)));
    }
  }

  /** The values of the names in a failed requirement. */
  private String values(Expr e, Scope scope) {
    Map<String, String> out = new LinkedHashMap<>();
    values(e, scope, out);
    return String.join(", ", out.values());
  }

  private void values(Expr e, Scope scope, Map<String, String> out) {
    if (e instanceof Expr.Name || e instanceof Expr.Field) {
      Value v = in.eval.orPoison(e, scope);
      if (v instanceof Value.Int
          || v instanceof Value.Real
          || v instanceof Value.Text
          || v instanceof Value.Bool) {
        out.put(e.span().text(), e.span().text() + " = " + Value.render(v));
      }
      return;
    }
    e.children().forEach(c -> values(c, scope, out));
  }

  /** Checks that a model keeps what its interface promises. */
  void checkInterface(Instance i) {
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
          in.binder.coerce(
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
