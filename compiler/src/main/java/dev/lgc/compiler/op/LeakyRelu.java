package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/** {@code x} where positive, else {@code slope * x}. */
public record LeakyRelu(double slope) implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    return Scalar.apply(
        Function.SELECT,
        Scalar.apply(Function.LT, Scalar.f32(0), x.get(0)),
        x.get(0),
        Scalar.f32(slope).times(x.get(0)));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.where(t.less(t.fill(0, t.type(g)), x[0]), g, t.scale(g, slope))};
  }
}
