package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.parse.Parser;
import dev.lgc.dsl.resolve.Module;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The values that a user gives a model's parameters: {@code size=3B}, {@code image=384}. */
public final class GivenParameters {
  private final Evaluator eval;
  private final Elaboration in;

  GivenParameters(Evaluator eval) {
    this.eval = eval;
    this.in = eval.in;
  }

  /** The name of the source that the text of a parameter's value is, in the places of mistakes. */
  public static String sourceName(String name) {
    return "parameter " + name;
  }

  /**
   * The arguments of a call of {@code model} in the scope of {@code module}. Mistakes are reported
   * and leave their argument out.
   *
   * @param parameters values by name, as a user would write them
   */
  List<Value.Arg> of(Value.Block model, Module module, Map<String, String> parameters) {
    List<Param> params = Blocks.params(model);
    List<String> names = params.stream().map(p -> p.name().text()).toList();
    List<Value.Arg> args = new ArrayList<>();
    Scope scope = in.fileScope(module);
    parameters.forEach(
        (name, text) -> {
          Source source = Source.of(sourceName(name), text);
          Span all = new Span(source, 0, text.length());
          int k = names.indexOf(name);
          if (k < 0) {
            in.found.add(
                Diagnostic.of(
                        Code.UNKNOWN_PARAMETER,
                        Span.startOf(source),
                        model.name() + " has no parameter `" + name + "`")
                    .withExpected("one of " + String.join(", ", names))
                    .withNear(NearNames.of(name, names)));
            return;
          }
          argument(params.get(k), source, all, scope)
              .ifPresent(
                  v ->
                      args.add(
                          new Value.Arg(
                              Optional.of(new Ident(name, all)), v.value(), v.expr(), scope)));
        });
    return args;
  }

  private record Given(Value value, Expr expr) {}

  private Optional<Given> argument(Param p, Source source, Span all, Scope scope) {
    if (p.type() instanceof TypeExpr.Named n
        && n.name().equals("string")
        && !source.text().startsWith("\"")) {
      return Optional.of(
          new Given(
              new Value.Text(source.text()),
              new Expr.StringLiteral(List.of(source.text()), List.of(), all)));
    }
    Outcome<Expr> e = Parser.parseExpression(source);
    try {
      if (e.isOk()) {
        Value v =
            eval.coercion.coerce(eval.eval(e.get(), scope), p, e.value(), e.get().span(), scope);
        return Optional.of(new Given(v, e.get()));
      }
      e.diagnostics().forEach(d -> in.found.add(parameter(p, d)));
    } catch (Fault f) {
      f.diagnostic().ifPresent(d -> in.found.add(parameter(p, d)));
    }
    return Optional.empty();
  }

  private static Diagnostic parameter(Param p, Diagnostic d) {
    return new Diagnostic(
        Code.BAD_PARAMETER,
        d.span(),
        d.message(),
        d.found(),
        d.expected(),
        d.notes(),
        d.hint().isEmpty()
            ? "`" + p.name() + "` is declared `" + p.name() + ": " + p.type().span().text() + "`"
            : d.hint(),
        d.near());
  }
}
