package dev.lgc.dsl.ast;

import dev.lgc.dsl.source.Span;
import java.util.List;
import java.util.Optional;

/** A type as written. */
public sealed interface TypeExpr {
  Span span();

  /** {@code int}, {@code block}, a scale, an interface. */
  record Named(String name, Span span) implements TypeExpr {}

  /**
   * A tensor: {@code [b, dim]}, {@code int[b]}, {@code [*, dim]}.
   *
   * @param element the element type's name, float if absent
   * @param leading whether it begins with {@code *}, any leading dimensions
   * @param dims the other dimensions
   */
  record Tensor(Optional<Ident> element, boolean leading, List<Expr> dims, Span span)
      implements TypeExpr {
    public Tensor {
      dims = List.copyOf(dims);
    }
  }
}
