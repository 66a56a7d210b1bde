package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** Product. */
public record Mul() implements Elementwise {
  @Override
  public int arity() {
    return 2;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return x.get(0).times(x.get(1));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.mul(g, x[1]), t.mul(g, x[0])};
  }
}
