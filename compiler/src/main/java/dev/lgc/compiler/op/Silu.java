package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** {@code x / (1 + exp(-x))} (arXiv:1702.03118), also called swish. */
public record Silu() implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    Scalar e = Scalar.apply(Function.EXP, Scalar.apply(Function.NEG, x.get(0)));
    return x.get(0).over(Scalar.f32(1).plus(e));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    int one = t.fill(1, t.type(y));
    int s = t.add(new Sigmoid(), x[0]);
    return new int[] {t.mul(g, t.mul(s, t.plus(one, t.mul(x[0], t.sub(one, s)))))};
  }
}
