package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.emit.jvm.NumericTerms.Term;

/**
 * Functions of F32 that take more than one instruction. Polynomials are those of the Cephes library
 * (S. Moshier); each result is within 2 ulp. EXP, LOG, TANH, SIN and COS give the same bits as
 * lanes (NaN aside) for one element, interpreted or compiled, since every instruction is exactly
 * defined: a value that several kernels compute may be compared. Larger angles than {@link
 * #LARGEST_ANGLE} are computed in doubles, of one element or of each lane.
 */
final class MathFunctions {
  private static final float LOG2E = 1.4426950408889634f;

  /** ln 2 = HI - LO with a HI of few bits. */
  private static final float LN2_HI = 0.693359375f;

  private static final float LN2_LO = -2.12194440e-4f;

  /** Adding it rounds to an integer, which is then found in the low bits. */
  private static final float ROUNDER = 12582912f;

  private static final float[] EXP = {
    1.9875691500e-4f,
    1.3981999507e-3f,
    8.3334519073e-3f,
    4.1665795894e-2f,
    1.6666665459e-1f,
    5.0000001201e-1f
  };
  private static final float[] LOG = {
    7.0376836292e-2f,
    -1.1514610310e-1f,
    1.1676998740e-1f,
    -1.2420140846e-1f,
    1.4249322787e-1f,
    -1.6668057665e-1f,
    2.0000714765e-1f,
    -2.4999993993e-1f,
    3.3333331174e-1f
  };
  private static final float[] TANH = {
    -5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f
  };

  private static final float[] SIN = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
  private static final float[] COS = {
    2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f
  };

  /** π/2 = A + B + C, each a float. */
  private static final float HALF_PI_A = 1.57079625129699707031f;

  private static final float HALF_PI_B = 7.54978941586159635335e-8f;
  private static final float HALF_PI_C = 5.39030252995776476554e-15f;

  /** Sines and cosines of larger numbers lose accuracy. */
  static final float LARGEST_ANGLE = 30000f;

  private final NumericTerms t;

  MathFunctions(NumericTerms terms) {
    this.t = terms;
  }

  /** Replaces what is on the stack by its function; angles must not be larger than the largest. */
  void apply(Function f) {
    Term x = t.floats("x");
    switch (f) {
      case EXP -> exp(x).push();
      case LOG -> log(x).push();
      case TANH -> tanh(x).push();
      case SIN -> sine(x, 0).push();
      case COS -> sine(x, 1).push();
      case ADD,
          SUB,
          MUL,
          DIV,
          MIN,
          MAX,
          POW,
          MOD,
          NEG,
          ABS,
          SQRT,
          FLOOR,
          LT,
          LE,
          EQ,
          NE,
          AND,
          OR,
          NOT,
          SELECT,
          TO_F32,
          TO_F64,
          TO_I32,
          TO_BOOL,
          TO_BF16,
          TO_F16,
          TO_I8,
          CHECK_INDEX ->
          throw new IllegalArgumentException(f + " of several instructions");
    }
  }

  private Term exp(Term x) {
    Term s = t.floats("t", t.fma(x, t.constant(LOG2E), t.constant(ROUNDER)));
    Term n = t.floats("n", t.subtract(s, t.constant(ROUNDER)));
    Term r = t.floats("r", t.fma(n, t.constant(-LN2_HI), x));
    Term r2 = t.floats("r", t.fma(n, t.constant(-LN2_LO), r));
    Term p = t.floats("p", polynomial(EXP, r2));
    Term y = t.floats("y", t.add(t.fma(t.multiply(r2, r2), p, r2), t.constant(1f)));
    int half = Float.floatToRawIntBits(ROUNDER);
    Term k = t.ints("k", t.subtractInts(t.bits(s), t.constant(half)));
    Term k1 = t.ints("k1", t.shiftRight(k, 1));
    Term k2 = t.ints("k2", t.subtractInts(k, k1));
    Term scaled = t.floats("scaled", t.multiply(t.multiply(y, power(k1)), power(k2)));
    return t.choose(
        t.greater(x, 88.7228394f),
        t.constant(Float.POSITIVE_INFINITY),
        t.choose(t.less(x, -104f), t.constant(0f), scaled));
  }

  /** 2ᵏ for -126 ≤ k ≤ 127. */
  private Term power(Term k) {
    return t.ofBits(t.shiftLeft(t.addInts(k, t.constant(127)), 23));
  }

  private Term log(Term x0) {
    Term tiny = t.condition("tiny", t.less(x0, Float.MIN_NORMAL));
    Term x = t.floats("x", t.choose(tiny, t.multiply(x0, t.constant(0x1p23f)), x0));
    Term ix = t.ints("ix", t.bits(x));
    Term e = t.ints("e", t.shiftRight(t.subtractInts(ix, t.constant(0x3f3504f3)), 23));
    Term m = t.floats("m", t.ofBits(t.subtractInts(ix, t.shiftLeft(e, 23))));
    Term f = t.floats("f", t.subtract(m, t.constant(1f)));
    Term n = t.floats("n", t.toFloats(e));
    Term n2 = t.floats("n", t.choose(tiny, t.subtract(n, t.constant(23f)), n));
    Term z = t.floats("z", t.multiply(f, f));
    Term y = t.floats("y", t.multiply(t.multiply(polynomial(LOG, f), f), z));
    Term y2 = t.floats("y", t.fma(n2, t.constant(LN2_LO), y));
    Term y3 = t.floats("y", t.fma(z, t.constant(-0.5f), y2));
    Term r = t.floats("r", t.fma(n2, t.constant(LN2_HI), t.add(f, y3)));
    // Zero, negative numbers and NaN, infinity.
    Term zero = t.choose(t.equal(x0, 0), t.constant(Float.NEGATIVE_INFINITY), r);
    Term negative = t.choose(t.less(x0, 0), t.constant(Float.NaN), zero);
    Term nan = t.choose(t.isNan(x0), x0, negative);
    return t.choose(t.equal(x0, Float.POSITIVE_INFINITY), x0, nan);
  }

  /** The sine of x + quarters · π/2, for moderate x. */
  private Term sine(Term x, int quarters) {
    Term s = t.floats("t", t.fma(x, t.constant((float) (2 / Math.PI)), t.constant(ROUNDER)));
    Term n = t.floats("n", t.subtract(s, t.constant(ROUNDER)));
    Term a = t.floats("a", t.fma(n, t.constant(-HALF_PI_A), x));
    Term b = t.floats("b", t.fma(n, t.constant(-HALF_PI_B), a));
    Term r = t.floats("r", t.fma(n, t.constant(-HALF_PI_C), b));
    Term z = t.floats("z", t.multiply(r, r));
    Term sin = t.floats("sin", t.fma(t.multiply(r, z), polynomial(SIN, z), r));
    Term one = t.fma(z, t.constant(-0.5f), t.constant(1f));
    Term cos = t.floats("cos", t.fma(t.multiply(z, z), polynomial(COS, z), one));
    int offset = Float.floatToRawIntBits(ROUNDER) - quarters;
    Term q = t.ints("q", t.subtractInts(t.bits(s), t.constant(offset)));
    // Odd quarters take the cosine; the second bit is the sign.
    Term odd = t.isNonZero(t.and(q, t.constant(1)));
    Term y = t.floats("y", t.choose(odd, cos, sin));
    Term sign = t.ints("sign", t.and(t.shiftLeft(q, 30), t.constant(Integer.MIN_VALUE)));
    Term signed = t.ofBits(t.xor(t.bits(y), sign));
    return quarters == 0 ? t.choose(t.equal(x, 0), x, signed) : signed; // -0 is its own sine
  }

  private Term tanh(Term x) {
    Term a = t.floats("a", t.absolute(x));
    Term z = t.floats("z", t.multiply(x, x));
    Term small = t.floats("small", t.fma(t.multiply(polynomial(TANH, z), z), x, x));
    Term e = t.floats("e", exp(t.floats("a2", t.add(a, a))));
    Term over = t.divide(t.constant(2f), t.add(e, t.constant(1f)));
    Term large = t.floats("large", t.subtract(t.constant(1f), over));
    Term size = t.floats("size", t.choose(t.less(a, 0.625f), small, large));
    // The sign of x, by its bits: the polynomial of -0 is 0.
    Term sign = t.ints("sign", t.and(t.bits(x), t.constant(Integer.MIN_VALUE)));
    return t.choose(t.isNan(x), x, t.ofBits(t.or(t.bits(size), sign)));
  }

  /** The condition that an angle is too large for a fast sine. */
  Term isLargeAngle(Term x) {
    return t.greater(t.floats("a", t.absolute(x)), LARGEST_ANGLE);
  }

  private Term polynomial(float[] coefficients, Term x) {
    Term p = t.constant(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      p = t.fma(p, x, t.constant(coefficients[i]));
    }
    return p;
  }
}
