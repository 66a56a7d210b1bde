package dev.lgc.compiler.emit.jvm;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;

/**
 * Expressions over F32 and I32 values, for functions that take more than one instruction: over all
 * lanes of a vector, or over one element. Both round alike, so a function that is written over
 * terms has the same bits wherever an element is computed.
 */
abstract class NumericTerms {
  final MethodCode code;
  final CodeBuilder b;

  NumericTerms(MethodCode code) {
    this.code = code;
    this.b = code.b;
  }

  /** Pushes a value. */
  interface Term {
    void push();
  }

  /** The form of values of a type. */
  abstract Form form(DType type);

  abstract Term constant(float c);

  abstract Term constant(int c);

  /** The bits of a float. */
  abstract Term bits(Term x);

  /** The float of some bits. */
  abstract Term ofBits(Term bits);

  abstract Term toFloats(Term ints);

  abstract Term absolute(Term x);

  abstract Term add(Term x, Term y);

  abstract Term subtract(Term x, Term y);

  abstract Term multiply(Term x, Term y);

  abstract Term divide(Term x, Term y);

  /** x · y + z, rounded once. */
  abstract Term fma(Term x, Term y, Term z);

  abstract Term addInts(Term x, Term y);

  abstract Term subtractInts(Term x, Term y);

  abstract Term and(Term x, Term y);

  abstract Term or(Term x, Term y);

  abstract Term xor(Term x, Term y);

  /** x · 2ⁿ. */
  abstract Term shiftLeft(Term x, int n);

  /** x / 2ⁿ, rounded down. */
  abstract Term shiftRight(Term x, int n);

  /** The condition x &lt; c. */
  abstract Term less(Term x, float c);

  /** The condition x &gt; c. */
  abstract Term greater(Term x, float c);

  /** The condition x = c. */
  abstract Term equal(Term x, float c);

  /** The condition that x is no number. */
  abstract Term isNan(Term x);

  /** The condition that an integer is not 0, to choose floats by. */
  abstract Term isNonZero(Term ints);

  /** {@code then} where a condition holds, else {@code otherwise}; both are floats. */
  abstract Term choose(Term condition, Term then, Term otherwise);

  /** A variable with the floats on the stack. */
  final Term floats(String name) {
    return variable(code.save(name, form(DType.F32)));
  }

  /** A variable with floats. */
  final Term floats(String name, Term t) {
    t.push();
    return floats(name);
  }

  /** A variable with integers. */
  final Term ints(String name, Term t) {
    t.push();
    return variable(code.save(name, form(DType.I32)));
  }

  /** A variable with a condition. */
  final Term condition(String name, Term t) {
    t.push();
    return variable(code.save(name, form(DType.BOOL)));
  }

  final Term variable(MethodCode.Var v) {
    return () -> code.push(v);
  }
}
