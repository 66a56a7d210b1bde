package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** Hyperbolic tangent. */
public record Tanh() implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.apply(Function.TANH, x.get(0));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.mul(g, t.sub(t.fill(1, t.type(y)), t.mul(y, y)))};
  }
}
