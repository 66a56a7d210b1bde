package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** {@code a <= b}, a BOOL; no gradient. */
public record LessEqual() implements Elementwise {
  @Override
  public int arity() {
    return 2;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.apply(Function.LE, x.get(0), x.get(1));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(2);
  }
}
