package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** {@code 1 / sqrt(x)}. */
public record Rsqrt() implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.f32(1).over(Scalar.apply(Function.SQRT, x.get(0)));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.mul(t.scale(g, -0.5), t.mul(y, t.mul(y, y)))};
  }
}
