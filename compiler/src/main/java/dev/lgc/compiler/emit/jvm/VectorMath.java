package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Function;
import java.lang.constant.MethodTypeDesc;

/**
 * Functions that take more than one vector instruction. Polynomials are those of the Cephes library
 * (S. Moshier); each result is within 2 ulp, and the same bits whether interpreted or compiled,
 * since every instruction is exactly defined.
 */
final class VectorMath extends VectorTerms {
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

  VectorMath(Code code, int width) {
    super(code, width);
  }

  /** Replaces the vector on the stack by its function. */
  void apply(Function f) {
    Term x = floats("x");
    switch (f) {
      case EXP -> exp(x).push();
      case LOG -> log(x);
      case TANH -> tanh(x);
      case SIN -> sine(x, 0);
      case COS -> sine(x, 1);
      default -> throw new IllegalArgumentException(f + " in lanes");
    }
  }

  private Term exp(Term x) {
    Term t = save("t", fma(x, constant(LOG2E), constant(ROUNDER)));
    Term n = save("n", subtract(t, constant(ROUNDER)));
    Term r = save("r", fma(n, constant(-LN2_HI), x));
    Term r2 = save("r", fma(n, constant(-LN2_LO), r));
    Term p = save("p", polynomial(EXP, r2));
    Term y = save("y", add(fma(multiply(r2, r2), p, r2), constant(1f)));
    int half = Float.floatToRawIntBits(ROUNDER);
    Code.Var k = ints("k", () -> binary(INTS, "sub", bits(t), constant(half)));
    Code.Var k1 = ints("k1", () -> shift("ASHR", k, 1));
    Code.Var k2 = ints("k2", () -> binary(INTS, "sub", held(k), held(k1)));
    Term scaled = save("scaled", multiply(multiply(y, power(k1)), power(k2)));
    return () -> {
      scaled.push();
      constant(0f).push();
      test(x, "LT", -104f);
      blend(FLOATS);
      constant(Float.POSITIVE_INFINITY).push();
      test(x, "GT", 88.7228394f);
      blend(FLOATS);
    };
  }

  /** 2ᵏ for -126 ≤ k ≤ 127. */
  private Term power(Code.Var k) {
    return () -> {
      Code.Var biased = ints("biased", () -> binary(INTS, "add", held(k), constant(127)));
      shift("LSHL", biased, 23);
      b.invokevirtual(INTS, "reinterpretAsFloats", MethodTypeDesc.of(FLOATS));
    };
  }

  private void log(Term x0) {
    Code.Var tiny = mask("tiny", () -> test(x0, "LT", Float.MIN_NORMAL));
    Term x =
        save(
            "x",
            () -> {
              x0.push();
              multiply(x0, constant(0x1p23f)).push();
              code.push(tiny);
              blend(FLOATS);
            });
    Code.Var ix = ints("ix", bits(x)::push);
    Code.Var above = ints("above", () -> binary(INTS, "sub", held(ix), constant(0x3f3504f3)));
    Code.Var e = ints("e", () -> shift("ASHR", above, 23));
    Code.Var e23 = ints("e23", () -> shift("LSHL", e, 23));
    Term m =
        save(
            "m",
            () -> {
              binary(INTS, "sub", held(ix), held(e23));
              b.invokevirtual(INTS, "reinterpretAsFloats", MethodTypeDesc.of(FLOATS));
            });
    Term f = save("f", subtract(m, constant(1f)));
    Term n =
        save(
            "n",
            () -> {
              code.push(e);
              convert("I2F", FLOATS);
            });
    Term n2 =
        save(
            "n",
            () -> {
              n.push();
              subtract(n, constant(23f)).push();
              code.push(tiny);
              blend(FLOATS);
            });
    Term z = save("z", multiply(f, f));
    Term y = save("y", multiply(multiply(polynomial(LOG, f), f), z));
    Term y2 = save("y", fma(n2, constant(LN2_LO), y));
    Term y3 = save("y", fma(z, constant(-0.5f), y2));
    Term r = save("r", fma(n2, constant(LN2_HI), add(f, y3)));
    r.push();
    // Zero, negative numbers and NaN, infinity.
    constant(Float.NEGATIVE_INFINITY).push();
    test(x0, "EQ", 0);
    blend(FLOATS);
    constant(Float.NaN).push();
    test(x0, "LT", 0);
    blend(FLOATS);
    x0.push();
    x0.push();
    comparison("NE");
    x0.push();
    compare();
    blend(FLOATS);
    x0.push();
    test(x0, "EQ", Float.POSITIVE_INFINITY);
    blend(FLOATS);
  }

  /** The sine of x + quarters · π/2, for moderate x. */
  private void sine(Term x, int quarters) {
    Term t = save("t", fma(x, constant((float) (2 / Math.PI)), constant(ROUNDER)));
    Term n = save("n", subtract(t, constant(ROUNDER)));
    Term a = save("a", fma(n, constant(-HALF_PI_A), x));
    Term b1 = save("b", fma(n, constant(-HALF_PI_B), a));
    Term r = save("r", fma(n, constant(-HALF_PI_C), b1));
    Term z = save("z", multiply(r, r));
    Term sin = save("sin", fma(multiply(r, z), polynomial(SIN, z), r));
    Term cos =
        save("cos", fma(multiply(z, z), polynomial(COS, z), fma(z, constant(-0.5f), constant(1f))));
    int offset = Float.floatToRawIntBits(ROUNDER) - quarters;
    Code.Var q = ints("q", () -> binary(INTS, "sub", bits(t), constant(offset)));
    // Odd quarters take the cosine; the second bit is the sign.
    Code.Var odd =
        mask(
            "odd",
            () -> {
              binary(INTS, "and", held(q), constant(1));
              comparison("NE");
              constant(0).push();
              b.invokevirtual(
                  INTS, "compare", MethodTypeDesc.of(Names.MASK, Names.COMPARISON, Names.VECTOR));
              VectorFunctions.species(b, FLOATS, width);
              b.invokevirtual(Names.MASK, "cast", MethodTypeDesc.of(Names.MASK, Names.SPECIES));
            });
    Term y =
        save(
            "y",
            () -> {
              sin.push();
              cos.push();
              code.push(odd);
              blend(FLOATS);
            });
    Code.Var high = ints("high", () -> shift("LSHL", q, 30));
    Code.Var sign =
        ints("sign", () -> binary(INTS, "and", held(high), constant(Integer.MIN_VALUE)));
    bits(y).push();
    b.getstatic(Names.OPERATORS, "XOR", Names.OPERATORS.nested("Associative"));
    code.push(sign);
    b.invokevirtual(INTS, "lanewise", MethodTypeDesc.of(INTS, Names.BINARY, Names.VECTOR));
    b.invokevirtual(INTS, "reinterpretAsFloats", MethodTypeDesc.of(FLOATS));
  }

  private void tanh(Term x) {
    Term a = save("a", () -> unary(FLOATS, "abs", x));
    Term z = save("z", multiply(x, x));
    Term small = save("small", fma(multiply(polynomial(TANH, z), z), x, x));
    Term e = save("e", exp(save("a2", add(a, a))));
    Term large = save("large", subtract(constant(1f), divide(constant(2f), add(e, constant(1f)))));
    // The sign of x, by its bits.
    Code.Var sign = ints("sign", () -> binary(INTS, "and", bits(x), constant(Integer.MIN_VALUE)));
    Code.Var size = ints("size", bits(large)::push);
    binary(INTS, "or", held(size), held(sign));
    b.invokevirtual(INTS, "reinterpretAsFloats", MethodTypeDesc.of(FLOATS));
    small.push();
    test(a, "LT", 0.625f);
    blend(FLOATS);
    // NaN
    x.push();
    x.push();
    comparison("NE");
    x.push();
    compare();
    blend(FLOATS);
  }

  /**
   * Pushes whether any lane of the vector on the stack is too large for a fast sine; leaves the
   * vector below.
   */
  void anyLargeAngle() {
    Term x = floats("x");
    x.push();
    test(save("a", () -> unary(FLOATS, "abs", x)), "GT", LARGEST_ANGLE);
    b.invokevirtual(
        Names.MASK, "anyTrue", MethodTypeDesc.of(java.lang.constant.ConstantDescs.CD_boolean));
  }

  private Term polynomial(float[] coefficients, Term x) {
    Term p = constant(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      p = fma(p, x, constant(coefficients[i]));
    }
    return p;
  }
}
