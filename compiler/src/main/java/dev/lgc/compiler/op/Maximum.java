package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** The larger of two, NaN if either is; equal operands share the gradient evenly. */
public record Maximum() implements Elementwise {
  @Override
  public int arity() {
    return 2;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.apply(Function.MAX, x.get(0), x.get(1));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    if (!t.type(y).dtype().isFloat()) {
      return Op.none(2);
    }
    int zero = t.fill(0, t.type(g));
    int shared = t.where(t.equal(x[0], x[1]), t.scale(g, 0.5), zero);
    return new int[] {
      t.where(t.less(x[1], x[0]), g, shared), t.where(t.less(x[0], x[1]), g, shared)
    };
  }
}
