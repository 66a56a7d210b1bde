package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** Absolute value; the gradient at 0 is 0. */
public record Abs() implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.apply(Function.ABS, x.get(0));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    int zero = t.fill(0, t.type(g));
    int negative = t.where(t.less(x[0], zero), t.neg(g), zero);
    return new int[] {t.where(t.less(zero, x[0]), g, negative)};
  }
}
