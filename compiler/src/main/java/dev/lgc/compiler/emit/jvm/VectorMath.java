package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/**
 * Functions that take more than one vector instruction. Polynomials are those of the Cephes library
 * (S. Moshier); each result is within 2 ulp, and the same bits whether interpreted or compiled,
 * since every instruction is exactly defined.
 */
final class VectorMath {
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

  private static final ClassDesc FLOATS = Names.FLOAT_VECTOR;
  private static final ClassDesc INTS = Names.INT_VECTOR;

  private final Code code;
  private final CodeBuilder b;
  private final int width;

  VectorMath(Code code, int width) {
    this.code = code;
    this.b = code.b;
    this.width = width;
  }

  /** Pushes a vector. */
  private interface Term {
    void push();
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

  /** The largest integer not above each lane on the stack. */
  void floor() {
    Term x = floats("x");
    Term whole =
        save(
            "whole",
            () -> {
              x.push();
              convert("F2I", INTS);
              convert("I2F", FLOATS);
            });
    Term down =
        save(
            "down",
            () -> {
              whole.push();
              subtract(whole, constant(1f)).push();
              whole.push();
              comparison("GT");
              x.push();
              compare();
              blend(FLOATS);
            });
    // Large numbers, NaN and -0 are their own floor.
    x.push();
    down.push();
    Code.Var near =
        mask("near", () -> test(save("a", () -> unary(FLOATS, "abs", x)), "LT", 0x1p23f));
    code.push(near);
    down.push();
    comparison("NE");
    x.push();
    compare();
    b.invokevirtual(Names.MASK, "and", MethodTypeDesc.of(Names.MASK, Names.MASK));
    blend(FLOATS);
  }

  /**
   * Floored quotient or remainder by a positive divisor: both on the stack. A quotient in floating
   * point is off by at most a few hundred; the remainder's own quotient then by one.
   */
  void floored(Function f) {
    Code.Var c = code.save("divisor", Form.lanes(DType.I32));
    Code.Var x = code.save("dividend", Form.lanes(DType.I32));
    Code.Var q = ints("q", () -> quotient(x, c));
    Code.Var r = ints("r", () -> remainder(x, q, c));
    Code.Var q1 = ints("q1", () -> quotient(r, c));
    Code.Var r1 = ints("r1", () -> remainder(r, q1, c));
    Code.Var q2 = ints("q2", () -> binary(INTS, "add", held(q), held(q1)));
    for (int i = 0; i < 2; i++) {
      adjust(r1, q2, c, "LT", "add", "sub");
    }
    adjust(r1, q2, c, "GE", "sub", "add");
    code.push(f == Function.DIV ? q2 : r1);
  }

  private void quotient(Code.Var x, Code.Var c) {
    code.push(x);
    convert("I2F", FLOATS);
    code.push(c);
    convert("I2F", FLOATS);
    b.invokevirtual(FLOATS, "div", MethodTypeDesc.of(FLOATS, Names.VECTOR));
    convert("F2I", INTS);
  }

  private void remainder(Code.Var x, Code.Var q, Code.Var c) {
    binary(INTS, "sub", held(x), () -> binary(INTS, "mul", held(q), held(c)));
  }

  /** Where r is below 0 (or at least c): r += c, q -= 1 (or the reverse). */
  private void adjust(Code.Var r, Code.Var q, Code.Var c, String test, String rStep, String qStep) {
    Code.Var wrong =
        mask(
            "wrong",
            () -> {
              code.push(r);
              comparison(test);
              if (test.equals("LT")) {
                constant(0).push();
              } else {
                code.push(c);
              }
              b.invokevirtual(
                  INTS, "compare", MethodTypeDesc.of(Names.MASK, Names.COMPARISON, Names.VECTOR));
            });
    code.push(r);
    binary(INTS, rStep, held(r), held(c));
    code.push(wrong);
    blend(INTS);
    code.set(r);
    code.push(q);
    binary(INTS, qStep, held(q), constant(1));
    code.push(wrong);
    blend(INTS);
    code.set(q);
  }

  /** 1 where the mask on the stack is set, else 0. */
  void choose(DType type) {
    Code.Var m = code.save("mask", Form.lanes(DType.BOOL));
    ClassDesc v = VectorFunctions.vector(type);
    constant(0, v).push();
    constant(1, v).push();
    code.push(m);
    if (type == DType.F32) {
      VectorFunctions.species(b, FLOATS, width);
      b.invokevirtual(Names.MASK, "cast", MethodTypeDesc.of(Names.MASK, Names.SPECIES));
    }
    blend(v);
  }

  /** Converts the vector on the stack, lane by lane. */
  void convert(String conversion, ClassDesc to) {
    b.getstatic(Names.OPERATORS, conversion, Names.CONVERSION);
    b.iconst_0();
    b.invokevirtual(
        Names.VECTOR, "convert", MethodTypeDesc.of(Names.VECTOR, Names.CONVERSION, CD_int));
    b.checkcast(to);
  }

  private Term polynomial(float[] coefficients, Term x) {
    Term p = constant(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      p = fma(p, x, constant(coefficients[i]));
    }
    return p;
  }

  // Building blocks.

  private Term floats(String name) {
    return held(code.save(name, Form.lanes(DType.F32)));
  }

  private Term save(String name, Term t) {
    t.push();
    return floats(name);
  }

  private Code.Var ints(String name, Term t) {
    t.push();
    return code.save(name, Form.lanes(DType.I32));
  }

  private Code.Var mask(String name, Term t) {
    t.push();
    return code.save(name, Form.lanes(DType.BOOL));
  }

  private Term held(Code.Var v) {
    return () -> code.push(v);
  }

  private Term constant(float c) {
    return () -> {
      VectorFunctions.species(b, FLOATS, width);
      b.loadConstant(c);
      b.invokestatic(FLOATS, "broadcast", MethodTypeDesc.of(FLOATS, Names.SPECIES, CD_float));
    };
  }

  private Term constant(int c) {
    return constant(c, INTS);
  }

  private Term constant(int c, ClassDesc v) {
    if (v.equals(FLOATS)) {
      return constant((float) c);
    }
    return () -> {
      VectorFunctions.species(b, INTS, width);
      b.loadConstant(c);
      b.invokestatic(INTS, "broadcast", MethodTypeDesc.of(INTS, Names.SPECIES, CD_int));
    };
  }

  private Term bits(Term x) {
    return () -> {
      x.push();
      b.invokevirtual(FLOATS, "reinterpretAsInts", MethodTypeDesc.of(INTS));
    };
  }

  private void shift(String op, Code.Var x, int by) {
    code.push(x);
    b.getstatic(Names.OPERATORS, op, Names.BINARY);
    b.loadConstant(by);
    b.invokevirtual(INTS, "lanewise", MethodTypeDesc.of(INTS, Names.BINARY, CD_int));
  }

  private void unary(ClassDesc v, String name, Term x) {
    x.push();
    b.invokevirtual(v, name, MethodTypeDesc.of(v));
  }

  private void binary(ClassDesc v, String name, Term x, Term y) {
    x.push();
    y.push();
    b.invokevirtual(v, name, MethodTypeDesc.of(v, Names.VECTOR));
  }

  private Term add(Term x, Term y) {
    return () -> binary(FLOATS, "add", x, y);
  }

  private Term subtract(Term x, Term y) {
    return () -> binary(FLOATS, "sub", x, y);
  }

  private Term multiply(Term x, Term y) {
    return () -> binary(FLOATS, "mul", x, y);
  }

  private Term divide(Term x, Term y) {
    return () -> binary(FLOATS, "div", x, y);
  }

  /** x · y + z, rounded once. */
  private Term fma(Term x, Term y, Term z) {
    return () -> {
      x.push();
      y.push();
      z.push();
      b.invokevirtual(FLOATS, "fma", MethodTypeDesc.of(FLOATS, Names.VECTOR, Names.VECTOR));
    };
  }

  private void comparison(String name) {
    b.getstatic(Names.OPERATORS, name, Names.COMPARISON);
  }

  private void compare() {
    b.invokevirtual(
        FLOATS, "compare", MethodTypeDesc.of(Names.MASK, Names.COMPARISON, Names.VECTOR));
  }

  private void test(Term x, String comparison, float c) {
    x.push();
    comparison(comparison);
    b.loadConstant(c);
    b.invokevirtual(FLOATS, "compare", MethodTypeDesc.of(Names.MASK, Names.COMPARISON, CD_float));
  }

  /** Stack: otherwise, then, mask. */
  private void blend(ClassDesc v) {
    b.invokevirtual(v, "blend", MethodTypeDesc.of(v, Names.VECTOR, Names.MASK));
  }
}
