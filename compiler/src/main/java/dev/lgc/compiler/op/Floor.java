package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** The largest integer not above {@code x}; no gradient. */
public record Floor() implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.apply(Function.FLOOR, x.get(0));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(1);
  }
}
