package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/**
 * {@code log(1 + exp(x))} without overflow and without losing small values: {@code max(x, 0) +
 * log1p(exp(-|x|))}, and {@code log1p(e) = log(w) e / (w - 1)} with {@code w = 1 + e} rounded.
 */
public record Softplus() implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    Scalar v = x.get(0);
    Scalar one = Scalar.f32(1);
    Scalar e =
        Scalar.apply(Function.EXP, Scalar.apply(Function.NEG, Scalar.apply(Function.ABS, v)));
    Scalar w = one.plus(e);
    Scalar log1p =
        Scalar.apply(
            Function.SELECT,
            Scalar.apply(Function.EQ, w, one),
            e,
            Scalar.apply(Function.LOG, w).times(e).over(w.minus(one)));
    return Scalar.apply(Function.MAX, v, Scalar.f32(0)).plus(log1p);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.mul(g, t.add(new Sigmoid(), x[0]))};
  }
}
