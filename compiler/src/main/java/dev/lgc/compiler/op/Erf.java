package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;

/**
 * The error function, {@code 2/√π ∫₀ˣ exp(-t²) dt}, within 1.3 units in the last place of floats
 * where {@link Function#EXP} is rounded correctly: {@code x + x p(x²)} near 0, else {@code ±(1 -
 * exp(q(|x|)))}, with the minimax polynomials p and q of N. Juffa.
 */
public record Erf() implements Elementwise {
  /** The argument at which one form takes over from the other. */
  private static final double SPLIT = 0.927734375;

  /** From here on the result is rounded to 1; the polynomial is not computed further out. */
  private static final double ONE = 4;

  private static final double[] NEAR = {
    -5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1
  };
  private static final double[] FAR = {
    -1.72853470e-5,
    3.83197126e-4,
    -3.88396438e-3,
    2.42546219e-2,
    -1.06777877e-1,
    -6.34846687e-1,
    -1.28717512e-1,
    0
  };
  private static final double SLOPE = 2 / Math.sqrt(Math.PI);

  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    Scalar v = x.get(0);
    Scalar size = Scalar.apply(Function.ABS, v);
    Scalar near = polynomial(NEAR, v.times(v)).times(v).plus(v);
    Scalar t = Scalar.apply(Function.MIN, size, Scalar.f32(ONE));
    Scalar exponent = polynomial(FAR, t).minus(t);
    Scalar far = Scalar.f32(1).minus(Scalar.apply(Function.EXP, exponent));
    Scalar signed =
        Scalar.apply(
            Function.SELECT,
            Scalar.apply(Function.LT, v, Scalar.f32(0)),
            Scalar.apply(Function.NEG, far),
            far);
    return Scalar.apply(
        Function.SELECT, Scalar.apply(Function.LT, Scalar.f32(SPLIT), size), signed, near);
  }

  /** By Horner's rule, the highest power first. */
  private static Scalar polynomial(double[] coefficients, Scalar x) {
    Scalar sum = Scalar.f32(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      sum = sum.times(x);
      sum = coefficients[i] == 0 ? sum : sum.plus(Scalar.f32(coefficients[i]));
    }
    return sum;
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.mul(g, t.scale(t.exp(t.neg(t.mul(x[0], x[0]))), SLOPE))};
  }
}
