package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** {@code max(x, 0)}; the gradient at 0 is 0. */
public record Relu() implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.apply(Function.MAX, x.get(0), Scalar.f32(0));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    int zero = t.fill(0, t.type(g));
    return new int[] {t.where(t.less(zero, x[0]), g, zero)};
  }
}
