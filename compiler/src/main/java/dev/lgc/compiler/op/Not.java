package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** {@code not a}, a BOOL; no gradient. */
public record Not() implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.apply(Function.NOT, x.get(0));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(1);
  }
}
