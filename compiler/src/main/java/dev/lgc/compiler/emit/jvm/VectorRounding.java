package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.dsl.type.DType;
import java.lang.constant.MethodTypeDesc;

/** Rounding down, of floats and of quotients. */
final class VectorRounding extends VectorTerms {
  VectorRounding(Code code, int width) {
    super(code, width);
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
}
