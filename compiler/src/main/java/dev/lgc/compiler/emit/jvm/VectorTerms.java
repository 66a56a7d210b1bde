package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.dsl.type.DType;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/** Expressions over all lanes of vectors; a condition is a mask. */
class VectorTerms extends NumericTerms {
  static final ClassDesc FLOATS = JvmTypes.FLOAT_VECTOR;
  static final ClassDesc INTS = JvmTypes.INT_VECTOR;

  final int width;

  VectorTerms(MethodCode code, int width) {
    super(code);
    this.width = width;
  }

  @Override
  final Form form(DType type) {
    return Form.lanes(type);
  }

  /** 1 where the mask on the stack is set, else 0. */
  final void indicator(DType type) {
    MethodCode.Var m = code.save("mask", Form.lanes(DType.BOOL));
    ClassDesc v = JvmTypes.vector(type);
    constant(0, v).push();
    constant(1, v).push();
    code.push(m);
    if (type == DType.F32) {
      JvmTypes.species(b, FLOATS, width);
      b.invokevirtual(JvmTypes.MASK, "cast", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.SPECIES));
    }
    blend(v);
  }

  /** Converts the vector on the stack, lane by lane. */
  final void convert(String conversion, ClassDesc to) {
    b.getstatic(JvmTypes.OPERATORS, conversion, JvmTypes.CONVERSION);
    b.iconst_0();
    b.invokevirtual(
        JvmTypes.VECTOR,
        "convert",
        MethodTypeDesc.of(JvmTypes.VECTOR, JvmTypes.CONVERSION, CD_int));
    b.checkcast(to);
  }

  @Override
  final Term constant(float c) {
    return () -> {
      JvmTypes.species(b, FLOATS, width);
      b.loadConstant(c);
      b.invokestatic(FLOATS, "broadcast", MethodTypeDesc.of(FLOATS, JvmTypes.SPECIES, CD_float));
    };
  }

  @Override
  final Term constant(int c) {
    return constant(c, INTS);
  }

  final Term constant(int c, ClassDesc v) {
    if (v.equals(FLOATS)) {
      return constant((float) c);
    }
    return () -> {
      JvmTypes.species(b, INTS, width);
      b.loadConstant(c);
      b.invokestatic(INTS, "broadcast", MethodTypeDesc.of(INTS, JvmTypes.SPECIES, CD_int));
    };
  }

  @Override
  final Term bits(Term x) {
    return () -> {
      x.push();
      b.invokevirtual(FLOATS, "reinterpretAsInts", MethodTypeDesc.of(INTS));
    };
  }

  @Override
  final Term ofBits(Term bits) {
    return () -> {
      bits.push();
      b.invokevirtual(INTS, "reinterpretAsFloats", MethodTypeDesc.of(FLOATS));
    };
  }

  @Override
  final Term toFloats(Term ints) {
    return () -> {
      ints.push();
      convert("I2F", FLOATS);
    };
  }

  @Override
  final Term absolute(Term x) {
    return () -> {
      x.push();
      b.invokevirtual(FLOATS, "abs", MethodTypeDesc.of(FLOATS));
    };
  }

  private Term binary(ClassDesc v, String name, Term x, Term y) {
    return () -> {
      x.push();
      y.push();
      b.invokevirtual(v, name, MethodTypeDesc.of(v, JvmTypes.VECTOR));
    };
  }

  @Override
  final Term add(Term x, Term y) {
    return binary(FLOATS, "add", x, y);
  }

  @Override
  final Term subtract(Term x, Term y) {
    return binary(FLOATS, "sub", x, y);
  }

  @Override
  final Term multiply(Term x, Term y) {
    return binary(FLOATS, "mul", x, y);
  }

  @Override
  final Term divide(Term x, Term y) {
    return binary(FLOATS, "div", x, y);
  }

  @Override
  final Term fma(Term x, Term y, Term z) {
    return () -> {
      x.push();
      y.push();
      z.push();
      b.invokevirtual(FLOATS, "fma", MethodTypeDesc.of(FLOATS, JvmTypes.VECTOR, JvmTypes.VECTOR));
    };
  }

  @Override
  final Term addInts(Term x, Term y) {
    return binary(INTS, "add", x, y);
  }

  @Override
  final Term subtractInts(Term x, Term y) {
    return binary(INTS, "sub", x, y);
  }

  final Term multiplyInts(Term x, Term y) {
    return binary(INTS, "mul", x, y);
  }

  @Override
  final Term and(Term x, Term y) {
    return binary(INTS, "and", x, y);
  }

  @Override
  final Term or(Term x, Term y) {
    return binary(INTS, "or", x, y);
  }

  @Override
  final Term xor(Term x, Term y) {
    return () -> {
      x.push();
      b.getstatic(JvmTypes.OPERATORS, "XOR", JvmTypes.OPERATORS.nested("Associative"));
      y.push();
      b.invokevirtual(INTS, "lanewise", MethodTypeDesc.of(INTS, JvmTypes.BINARY, JvmTypes.VECTOR));
    };
  }

  private Term shift(String op, Term x, int by) {
    return () -> {
      x.push();
      b.getstatic(JvmTypes.OPERATORS, op, JvmTypes.BINARY);
      b.loadConstant(by);
      b.invokevirtual(INTS, "lanewise", MethodTypeDesc.of(INTS, JvmTypes.BINARY, CD_int));
    };
  }

  @Override
  final Term shiftLeft(Term x, int n) {
    return shift("LSHL", x, n);
  }

  @Override
  final Term shiftRight(Term x, int n) {
    return shift("ASHR", x, n);
  }

  private void comparison(String name) {
    b.getstatic(JvmTypes.OPERATORS, name, JvmTypes.COMPARISON);
  }

  /** Pushes the mask of the lanes where a comparison of two vectors holds. */
  final void compare(ClassDesc v, String name, Term x, Term y) {
    x.push();
    comparison(name);
    y.push();
    b.invokevirtual(
        v, "compare", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.COMPARISON, JvmTypes.VECTOR));
  }

  private Term test(Term x, String comparison, float c) {
    return () -> {
      x.push();
      comparison(comparison);
      b.loadConstant(c);
      b.invokevirtual(
          FLOATS, "compare", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.COMPARISON, CD_float));
    };
  }

  @Override
  final Term less(Term x, float c) {
    return test(x, "LT", c);
  }

  @Override
  final Term greater(Term x, float c) {
    return test(x, "GT", c);
  }

  @Override
  final Term equal(Term x, float c) {
    return test(x, "EQ", c);
  }

  @Override
  final Term isNan(Term x) {
    return () -> compare(FLOATS, "NE", x, x);
  }

  @Override
  final Term isNonZero(Term ints) {
    return () -> {
      compare(INTS, "NE", ints, constant(0));
      JvmTypes.species(b, FLOATS, width);
      b.invokevirtual(JvmTypes.MASK, "cast", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.SPECIES));
    };
  }

  @Override
  final Term choose(Term condition, Term then, Term otherwise) {
    return choose(FLOATS, condition, then, otherwise);
  }

  /** The same of vectors of a class. */
  final Term choose(ClassDesc v, Term condition, Term then, Term otherwise) {
    return () -> {
      otherwise.push();
      then.push();
      condition.push();
      blend(v);
    };
  }

  /** Stack: otherwise, then, mask. */
  final void blend(ClassDesc v) {
    b.invokevirtual(v, "blend", MethodTypeDesc.of(v, JvmTypes.VECTOR, JvmTypes.MASK));
  }
}
