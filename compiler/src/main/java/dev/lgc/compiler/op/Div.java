package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** Quotient; of I32 floored, by a positive number. */
public record Div() implements Elementwise {
  @Override
  public int arity() {
    return 2;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return x.get(0).over(x.get(1));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    if (!t.type(y).dtype().isFloat()) {
      return Op.none(2);
    }
    int gx = t.div(g, x[1]);
    return new int[] {gx, t.neg(t.mul(gx, y))};
  }
}
