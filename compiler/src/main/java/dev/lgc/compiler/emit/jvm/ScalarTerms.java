package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_Float;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.constant.MethodTypeDesc;

/** Expressions over single elements; a condition is 1 where it holds, else 0. */
final class ScalarTerms extends NumericTerms {
  ScalarTerms(MethodCode code) {
    super(code);
  }

  @Override
  Form form(DType type) {
    return Form.scalar(type);
  }

  @Override
  Term constant(float c) {
    return () -> b.loadConstant(c);
  }

  @Override
  Term constant(int c) {
    return () -> b.loadConstant(c);
  }

  @Override
  Term bits(Term x) {
    return () -> {
      x.push();
      b.invokestatic(CD_Float, "floatToRawIntBits", MethodTypeDesc.of(CD_int, CD_float));
    };
  }

  @Override
  Term ofBits(Term bits) {
    return () -> {
      bits.push();
      b.invokestatic(CD_Float, "intBitsToFloat", MethodTypeDesc.of(CD_float, CD_int));
    };
  }

  @Override
  Term toFloats(Term ints) {
    return () -> {
      ints.push();
      b.i2f();
    };
  }

  @Override
  Term absolute(Term x) {
    return () -> {
      x.push();
      b.invokestatic(JvmTypes.MATH, "abs", MethodTypeDesc.of(CD_float, CD_float));
    };
  }

  private Term binary(Opcode op, Term x, Term y) {
    return () -> {
      x.push();
      y.push();
      b.with(OperatorInstruction.of(op));
    };
  }

  @Override
  Term add(Term x, Term y) {
    return binary(Opcode.FADD, x, y);
  }

  @Override
  Term subtract(Term x, Term y) {
    return binary(Opcode.FSUB, x, y);
  }

  @Override
  Term multiply(Term x, Term y) {
    return binary(Opcode.FMUL, x, y);
  }

  @Override
  Term divide(Term x, Term y) {
    return binary(Opcode.FDIV, x, y);
  }

  @Override
  Term fma(Term x, Term y, Term z) {
    return () -> {
      x.push();
      y.push();
      z.push();
      b.invokestatic(
          JvmTypes.MATH, "fma", MethodTypeDesc.of(CD_float, CD_float, CD_float, CD_float));
    };
  }

  @Override
  Term addInts(Term x, Term y) {
    return binary(Opcode.IADD, x, y);
  }

  @Override
  Term subtractInts(Term x, Term y) {
    return binary(Opcode.ISUB, x, y);
  }

  @Override
  Term and(Term x, Term y) {
    return binary(Opcode.IAND, x, y);
  }

  @Override
  Term or(Term x, Term y) {
    return binary(Opcode.IOR, x, y);
  }

  @Override
  Term xor(Term x, Term y) {
    return binary(Opcode.IXOR, x, y);
  }

  @Override
  Term shiftLeft(Term x, int n) {
    return binary(Opcode.ISHL, x, constant(n));
  }

  @Override
  Term shiftRight(Term x, int n) {
    return binary(Opcode.ISHR, x, constant(n));
  }

  /**
   * Compares floats; {@code comparison} gives the result for NaN (FCMPG 1, FCMPL -1), on which
   * {@code branch} decides.
   */
  private Term compare(Term x, Term y, Opcode comparison, Opcode branch) {
    return () -> {
      x.push();
      y.push();
      b.with(OperatorInstruction.of(comparison));
      code.truth(branch);
    };
  }

  @Override
  Term less(Term x, float c) {
    return compare(x, constant(c), Opcode.FCMPG, Opcode.IFLT);
  }

  @Override
  Term greater(Term x, float c) {
    return compare(x, constant(c), Opcode.FCMPL, Opcode.IFGT);
  }

  @Override
  Term equal(Term x, float c) {
    return compare(x, constant(c), Opcode.FCMPL, Opcode.IFEQ);
  }

  @Override
  Term isNan(Term x) {
    return compare(x, x, Opcode.FCMPL, Opcode.IFNE);
  }

  @Override
  Term isNonZero(Term ints) {
    return () -> {
      ints.push();
      code.truth(Opcode.IFNE);
    };
  }

  @Override
  Term choose(Term condition, Term then, Term otherwise) {
    return () -> code.select(condition::push, then::push, otherwise::push);
  }
}
