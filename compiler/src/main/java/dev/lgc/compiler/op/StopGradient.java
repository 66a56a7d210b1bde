package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** The value itself, without a gradient. */
public record StopGradient() implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return x.get(0);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(1);
  }
}
