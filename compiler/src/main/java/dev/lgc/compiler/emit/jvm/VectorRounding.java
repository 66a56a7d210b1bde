package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.dsl.type.DType;
import java.lang.constant.MethodTypeDesc;

/** Rounding down, of floats and of quotients. */
final class VectorRounding extends VectorTerms {
  VectorRounding(MethodCode code, int width) {
    super(code, width);
  }

  /** The largest integer not above each lane on the stack. */
  void floor() {
    Term x = floats("x");
    x.push();
    convert("F2I", INTS);
    convert("I2F", FLOATS);
    Term whole = floats("whole");
    Term down =
        floats(
            "down",
            () -> {
              whole.push();
              subtract(whole, constant(1f)).push();
              compare(FLOATS, "GT", whole, x);
              blend(FLOATS);
            });
    // Large numbers, NaN and -0 are their own floor.
    x.push();
    down.push();
    less(floats("a", absolute(x)), 0x1p23f).push();
    compare(FLOATS, "NE", down, x);
    b.invokevirtual(JvmTypes.MASK, "and", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.MASK));
    blend(FLOATS);
  }

  /**
   * Floored quotient or remainder by a positive divisor: both on the stack. A quotient in floating
   * point is off by at most a few hundred; the remainder's own quotient then by one.
   */
  void floored(Function f) {
    Term c = variable(code.save("divisor", Form.lanes(DType.I32)));
    Term x = variable(code.save("dividend", Form.lanes(DType.I32)));
    Term q = ints("q", quotient(x, c));
    Term r = ints("r", remainder(x, q, c));
    Term q1 = ints("q1", quotient(r, c));
    Term r1 = ints("r1", remainder(r, q1, c));
    Division d = new Division(ints("q2", addInts(q, q1)), r1);
    for (int i = 0; i < 2; i++) {
      Term low = condition("wrong", less(d.remainder));
      d = d.corrected(low, subtractInts(d.quotient, constant(1)), addInts(d.remainder, c));
    }
    Division above = d;
    Term high = condition("wrong", () -> compare(INTS, "GE", above.remainder, c));
    d = d.corrected(high, addInts(d.quotient, constant(1)), subtractInts(d.remainder, c));
    (f == Function.DIV ? d.quotient : d.remainder).push();
  }

  private Term less(Term ints) {
    return () -> compare(INTS, "LT", ints, constant(0));
  }

  private Term quotient(Term x, Term c) {
    return () -> {
      divide(toFloats(x), toFloats(c)).push();
      convert("F2I", INTS);
    };
  }

  private Term remainder(Term x, Term q, Term c) {
    return subtractInts(x, multiplyInts(q, c));
  }

  /** A quotient and the remainder that goes with it, which may still be out of range. */
  private final class Division {
    final Term quotient;
    final Term remainder;

    Division(Term quotient, Term remainder) {
      this.quotient = quotient;
      this.remainder = remainder;
    }

    /** The same with other values in the lanes of a mask. */
    Division corrected(Term wrong, Term otherQuotient, Term otherRemainder) {
      return new Division(
          ints("q", choose(INTS, wrong, otherQuotient, quotient)),
          ints("r", choose(INTS, wrong, otherRemainder, remainder)));
    }
  }
}
