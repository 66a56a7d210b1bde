package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import java.util.Optional;

/**
 * A dimension of a tensor and where its size came from.
 *
 * @param size how many
 * @param expr the expression that gave it, if any
 * @param scope where that expression's names are looked up
 */
record Dim(int size, Optional<Expr> expr, Optional<Scope> scope) {
  /** A size that an operation computed. */
  static Dim of(int size) {
    return new Dim(size, Optional.empty(), Optional.empty());
  }

  /** A size that an expression gave. */
  static Dim of(int size, Expr expr, Scope scope) {
    return new Dim(size, Optional.of(expr), Optional.of(scope));
  }

  /**
   * E.g. {@code `dim` of RMSNorm (nn.arch:4:9), given `size.dim` (gpt.arch:12:20)}; empty if
   * computed.
   */
  String origin() {
    if (expr.isEmpty() || expr.get() instanceof Expr.IntLiteral) {
      return "";
    }
    Expr e = expr.get();
    StringBuilder out = new StringBuilder("`" + e.span().text() + "`");
    Scope s = scope.orElseThrow();
    if (!s.owner().isEmpty()) {
      out.append(" of ").append(s.owner());
    }
    for (int i = 0; i < 4 && e instanceof Expr.Name n; i++) {
      Optional<Scope.Binding> b = s.find(n.name());
      if (b.isEmpty() || b.get().source().isEmpty()) {
        break;
      }
      e = b.get().source().get();
      s = b.get().sourceScope();
      out.append(b.get().kind() == Scope.Kind.PARAM ? ", given `" : " = `")
          .append(e.span().text())
          .append("` (")
          .append(e.span())
          .append(')');
    }
    return out.toString();
  }
}
