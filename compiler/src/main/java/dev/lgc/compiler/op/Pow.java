package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** {@code a} to the power {@code b}; the gradient of the exponent needs a positive base. */
public record Pow() implements Elementwise {
  @Override
  public int arity() {
    return 2;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.apply(Function.POW, x.get(0), x.get(1));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    int one = t.fill(1, t.type(x[1]));
    int base = t.mul(g, t.mul(x[1], t.pow(x[0], t.sub(x[1], one))));
    return new int[] {base, t.mul(g, t.mul(y, t.log(x[0])))};
  }
}
