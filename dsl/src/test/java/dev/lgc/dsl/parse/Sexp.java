package dev.lgc.dsl.parse;

import dev.lgc.dsl.ast.Expr;
import java.util.List;
import java.util.stream.Collectors;

/** An expression with a parenthesis around everything, so that tests see what binds to what. */
final class Sexp {
  private Sexp() {}

  static String of(Expr e) {
    return switch (e) {
      case Expr.IntLiteral i -> Long.toString(i.value());
      case Expr.FloatLiteral f -> Double.toString(f.value());
      case Expr.BoolLiteral b -> Boolean.toString(b.value());
      case Expr.NoneLiteral _ -> "none";
      case Expr.StringLiteral s -> "(string " + s.texts() + all(s.values()) + ")";
      case Expr.Name n -> n.name();
      case Expr.Tuple t -> "(tuple" + all(t.elements()) + ")";
      case Expr.ListOf l -> "(list" + all(l.elements()) + ")";
      case Expr.Comprehension c ->
          "(all "
              + of(c.element())
              + c.clauses().stream()
                  .map(k -> " (for " + k.name() + " " + of(k.values()) + ")")
                  .collect(Collectors.joining())
              + c.condition().map(x -> " (if " + of(x) + ")").orElse("")
              + ")";
      case Expr.Container c ->
          c.members().stream()
              .map(m -> " (" + m.name() + " " + of(m.value()) + ")")
              .collect(Collectors.joining("", "(group", ")"));
      case Expr.Field f -> "(. " + of(f.target()) + " " + f.name() + ")";
      case Expr.Call c ->
          c.arguments().stream()
              .map(a -> " " + a.name().map(n -> n + ": ").orElse("") + of(a.value()))
              .collect(Collectors.joining("", "(call " + of(c.callee()), ")"));
      case Expr.Index i ->
          i.subscripts().stream()
              .map(Sexp::subscript)
              .collect(Collectors.joining("", "(at " + of(i.target()), ")"));
      case Expr.Unary u ->
          "(" + (u.op() == Expr.UnaryOp.NOT ? "not " : "- ") + of(u.operand()) + ")";
      case Expr.Binary b -> "(" + b.op().sign() + all(List.of(b.left(), b.right())) + ")";
      case Expr.Range r -> "(.." + all(List.of(r.from(), r.to())) + ")";
      case Expr.Choose c -> "(if" + all(List.of(c.condition(), c.yes(), c.no())) + ")";
    };
  }

  private static String subscript(Expr.Subscript s) {
    return switch (s) {
      case Expr.Subscript.At at -> " " + of(at.index());
      case Expr.Subscript.Slice x ->
          " " + x.from().map(Sexp::of).orElse("") + ":" + x.to().map(Sexp::of).orElse("");
    };
  }

  private static String all(List<Expr> exprs) {
    return exprs.stream().map(e -> " " + of(e)).collect(Collectors.joining());
  }
}
