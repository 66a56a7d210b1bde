package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/** Expressions over vectors, for functions that take more than one instruction. */
abstract class VectorTerms {
  static final ClassDesc FLOATS = Names.FLOAT_VECTOR;
  static final ClassDesc INTS = Names.INT_VECTOR;

  final Code code;
  final CodeBuilder b;
  final int width;

  VectorTerms(Code code, int width) {
    this.code = code;
    this.b = code.b;
    this.width = width;
  }

  /** Pushes a vector. */
  interface Term {
    void push();
  }

  /** 1 where the mask on the stack is set, else 0. */
  final void choose(DType type) {
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
  final void convert(String conversion, ClassDesc to) {
    b.getstatic(Names.OPERATORS, conversion, Names.CONVERSION);
    b.iconst_0();
    b.invokevirtual(
        Names.VECTOR, "convert", MethodTypeDesc.of(Names.VECTOR, Names.CONVERSION, CD_int));
    b.checkcast(to);
  }

  final Term floats(String name) {
    return held(code.save(name, Form.lanes(DType.F32)));
  }

  final Term save(String name, Term t) {
    t.push();
    return floats(name);
  }

  final Code.Var ints(String name, Term t) {
    t.push();
    return code.save(name, Form.lanes(DType.I32));
  }

  final Code.Var mask(String name, Term t) {
    t.push();
    return code.save(name, Form.lanes(DType.BOOL));
  }

  final Term held(Code.Var v) {
    return () -> code.push(v);
  }

  final Term constant(float c) {
    return () -> {
      VectorFunctions.species(b, FLOATS, width);
      b.loadConstant(c);
      b.invokestatic(FLOATS, "broadcast", MethodTypeDesc.of(FLOATS, Names.SPECIES, CD_float));
    };
  }

  final Term constant(int c) {
    return constant(c, INTS);
  }

  final Term constant(int c, ClassDesc v) {
    if (v.equals(FLOATS)) {
      return constant((float) c);
    }
    return () -> {
      VectorFunctions.species(b, INTS, width);
      b.loadConstant(c);
      b.invokestatic(INTS, "broadcast", MethodTypeDesc.of(INTS, Names.SPECIES, CD_int));
    };
  }

  final Term bits(Term x) {
    return () -> {
      x.push();
      b.invokevirtual(FLOATS, "reinterpretAsInts", MethodTypeDesc.of(INTS));
    };
  }

  final void shift(String op, Code.Var x, int by) {
    code.push(x);
    b.getstatic(Names.OPERATORS, op, Names.BINARY);
    b.loadConstant(by);
    b.invokevirtual(INTS, "lanewise", MethodTypeDesc.of(INTS, Names.BINARY, CD_int));
  }

  final void unary(ClassDesc v, String name, Term x) {
    x.push();
    b.invokevirtual(v, name, MethodTypeDesc.of(v));
  }

  final void binary(ClassDesc v, String name, Term x, Term y) {
    x.push();
    y.push();
    b.invokevirtual(v, name, MethodTypeDesc.of(v, Names.VECTOR));
  }

  final Term add(Term x, Term y) {
    return () -> binary(FLOATS, "add", x, y);
  }

  final Term subtract(Term x, Term y) {
    return () -> binary(FLOATS, "sub", x, y);
  }

  final Term multiply(Term x, Term y) {
    return () -> binary(FLOATS, "mul", x, y);
  }

  final Term divide(Term x, Term y) {
    return () -> binary(FLOATS, "div", x, y);
  }

  /** x · y + z, rounded once. */
  final Term fma(Term x, Term y, Term z) {
    return () -> {
      x.push();
      y.push();
      z.push();
      b.invokevirtual(FLOATS, "fma", MethodTypeDesc.of(FLOATS, Names.VECTOR, Names.VECTOR));
    };
  }

  final void comparison(String name) {
    b.getstatic(Names.OPERATORS, name, Names.COMPARISON);
  }

  final void compare() {
    b.invokevirtual(
        FLOATS, "compare", MethodTypeDesc.of(Names.MASK, Names.COMPARISON, Names.VECTOR));
  }

  final void test(Term x, String comparison, float c) {
    x.push();
    comparison(comparison);
    b.loadConstant(c);
    b.invokevirtual(FLOATS, "compare", MethodTypeDesc.of(Names.MASK, Names.COMPARISON, CD_float));
  }

  /** Stack: otherwise, then, mask. */
  final void blend(ClassDesc v) {
    b.invokevirtual(v, "blend", MethodTypeDesc.of(v, Names.VECTOR, Names.MASK));
  }
}
