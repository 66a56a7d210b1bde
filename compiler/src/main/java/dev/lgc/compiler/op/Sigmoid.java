package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** {@code 1 / (1 + exp(-x))}. */
public record Sigmoid() implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    Scalar e = Scalar.apply(Function.EXP, Scalar.apply(Function.NEG, x.get(0)));
    return Scalar.f32(1).over(Scalar.f32(1).plus(e));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.mul(g, t.mul(y, t.sub(t.fill(1, t.type(y)), y)))};
  }
}
