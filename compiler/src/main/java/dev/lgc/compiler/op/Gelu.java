package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/**
 * The tanh approximation of GELU (arXiv:1606.08415): {@code x/2 (1 + tanh(√(2/π) (x + 0.044715
 * x³)))}.
 */
public record Gelu() implements Elementwise {
  private static final double SCALE = Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715;

  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    Scalar v = x.get(0);
    Scalar inner = Scalar.f32(SCALE).times(v.plus(Scalar.f32(CUBIC).times(v.times(v).times(v))));
    return Scalar.f32(0.5).times(v).times(Scalar.f32(1).plus(Scalar.apply(Function.TANH, inner)));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    int v = x[0];
    int one = t.fill(1, t.type(y));
    int square = t.mul(v, v);
    int th = t.add(new Tanh(), t.scale(t.plus(v, t.scale(t.mul(square, v), CUBIC)), SCALE));
    int slope = t.scale(t.plus(one, t.scale(square, 3 * CUBIC)), SCALE);
    int curve = t.mul(v, t.mul(t.sub(one, t.mul(th, th)), slope));
    return new int[] {t.mul(g, t.scale(t.plus(t.plus(one, th), curve), 0.5))};
  }
}
