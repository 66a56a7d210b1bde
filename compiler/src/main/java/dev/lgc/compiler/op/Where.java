package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.List;

/** {@code condition ? a : b}. */
public record Where() implements Elementwise {
  @Override
  public int arity() {
    return 3;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.apply(Function.SELECT, x.get(0), x.get(1), x.get(2));
  }

  @Override
  public void check(List<DType> d) {
    Checks.require(d.get(0) == DType.BOOL && d.get(1) == d.get(2), "where of dtypes %s", d);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    if (!t.type(y).dtype().isFloat()) {
      return Op.none(3);
    }
    int zero = t.fill(0, t.type(g));
    return new int[] {Terms.NONE, t.where(x[0], g, zero), t.where(x[0], zero, g)};
  }
}
