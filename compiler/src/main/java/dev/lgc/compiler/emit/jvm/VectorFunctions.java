package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/**
 * Functions of all lanes. Operands push vectors (masks for BOOL); the result is left on the stack.
 */
final class VectorFunctions {
  private final MethodCode code;
  private final CodeBuilder b;
  private final int width;
  private final VectorTerms terms;
  private final MathFunctions math;
  private final VectorRounding rounding;

  VectorFunctions(MethodCode code, int width) {
    this.code = code;
    this.b = code.b;
    this.width = width;
    this.terms = new VectorTerms(code, width);
    this.math = new MathFunctions(terms);
    this.rounding = new VectorRounding(code, width);
  }

  /**
   * Returns true if there are instructions for a function, given the operands' and the result's
   * types.
   */
  static boolean supports(Function f, DType in, DType out) {
    boolean types = lanes(in) && lanes(out);
    boolean widens = f == Function.TO_F32 && widens(in);
    boolean rounds = f == Function.TO_BF16 && in == DType.F32;
    return widens || rounds || types && f != Function.POW;
  }

  static boolean lanes(DType t) {
    return t == DType.F32 || t == DType.I32 || t == DType.BOOL;
  }

  /**
   * Returns true if elements in memory become lanes of 32 bits when they are loaded; such lanes can
   * only be converted to F32.
   */
  static boolean widens(DType t) {
    return t == DType.BF16 || t == DType.I8;
  }

  /**
   * For SIN and COS: whether {@link #apply} must not be used; the operand stays below on the stack.
   */
  void anyLargeAngle() {
    VectorTerms.Term x = terms.floats("x");
    x.push();
    math.isLargeAngle(x).push();
    b.invokevirtual(JvmTypes.MASK, "anyTrue", MethodTypeDesc.of(CD_boolean));
  }

  void apply(Function f, DType in, DType out, List<Runnable> operands) {
    switch (f) {
      case SELECT -> {
        operands.get(2).run();
        operands.get(1).run();
        operands.get(0).run();
        blend(out);
      }
      case AND, OR, NOT -> {
        operands.forEach(Runnable::run);
        logic(f);
      }
      case LT, LE, EQ, NE -> {
        if (in == DType.BOOL) {
          masks(f, operands.get(0), operands.get(1));
        } else {
          operands.get(0).run();
          comparison(f.name());
          operands.get(1).run();
          b.invokevirtual(
              JvmTypes.vector(in),
              "compare",
              MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.COMPARISON, JvmTypes.VECTOR));
          castMask(in, DType.I32);
        }
      }
      case TO_F32, TO_F64, TO_I32, TO_I8, TO_BOOL, TO_BF16, TO_F16 -> {
        operands.getFirst().run();
        convert(in, out);
      }
      case ADD, SUB, MUL, MIN, MAX -> {
        operands.forEach(Runnable::run);
        binary(f.name().toLowerCase(java.util.Locale.ROOT), in);
      }
      case DIV, MOD -> {
        operands.forEach(Runnable::run);
        if (in == DType.F32) {
          binary("div", in);
        } else {
          rounding.floored(f);
        }
      }
      case NEG, ABS -> {
        operands.forEach(Runnable::run);
        unary(f.name().toLowerCase(java.util.Locale.ROOT), in);
      }
      case SQRT -> {
        operands.forEach(Runnable::run);
        unary("sqrt", in);
      }
      case FLOOR -> {
        operands.forEach(Runnable::run);
        if (in == DType.F32) {
          rounding.floor();
        }
      }
      case EXP, LOG, TANH, SIN, COS -> {
        operands.forEach(Runnable::run);
        math.apply(f);
      }
      case POW, CHECK_INDEX -> throw new IllegalArgumentException(f + " in lanes");
    }
  }

  /**
   * CHECK_INDEX of the lanes that count.
   *
   * @param mask of those; null when all do
   */
  void checkIndex(Runnable index, int extent, MethodCode.Var mask) {
    index.run();
    b.loadConstant(extent);
    List<ClassDesc> types = new ArrayList<>(List.of(JvmTypes.INT_VECTOR, CD_int));
    if (mask != null) {
      code.push(mask);
      types.add(JvmTypes.MASK);
    }
    b.invokestatic(JvmTypes.SUPPORT, "checkIndex", MethodTypeDesc.of(JvmTypes.INT_VECTOR, types));
  }

  /** Comparisons of truth values. */
  private void masks(Function f, Runnable x, Runnable y) {
    boolean ordered = f == Function.LT || f == Function.LE;
    (ordered ? y : x).run();
    (ordered ? x : y).run();
    String name =
        switch (f) {
          case LT -> "andNot";
          case EQ -> "eq";
          case NE -> "xor";
          default -> {
            logic(Function.NOT);
            yield "or";
          }
        };
    b.invokevirtual(JvmTypes.MASK, name, MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.MASK));
  }

  private void binary(String name, DType t) {
    b.invokevirtual(
        JvmTypes.vector(t), name, MethodTypeDesc.of(JvmTypes.vector(t), JvmTypes.VECTOR));
  }

  private void unary(String name, DType t) {
    b.invokevirtual(JvmTypes.vector(t), name, MethodTypeDesc.of(JvmTypes.vector(t)));
  }

  private void comparison(String name) {
    b.getstatic(JvmTypes.OPERATORS, name, JvmTypes.COMPARISON);
  }

  private void logic(Function f) {
    switch (f) {
      case AND ->
          b.invokevirtual(JvmTypes.MASK, "and", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.MASK));
      case OR ->
          b.invokevirtual(JvmTypes.MASK, "or", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.MASK));
      default -> b.invokevirtual(JvmTypes.MASK, "not", MethodTypeDesc.of(JvmTypes.MASK));
    }
  }

  /** Stack: otherwise, then, mask. */
  void blend(DType t) {
    if (t == DType.BOOL) {
      // (then and mask) or (otherwise and not mask)
      MethodCode.Var mask = code.save("mask", Form.lanes(DType.BOOL));
      code.push(mask);
      logic(Function.AND);
      b.swap();
      code.push(mask);
      b.invokevirtual(JvmTypes.MASK, "andNot", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.MASK));
      logic(Function.OR);
      return;
    }
    castMask(DType.I32, t);
    b.invokevirtual(
        JvmTypes.vector(t),
        "blend",
        MethodTypeDesc.of(JvmTypes.vector(t), JvmTypes.VECTOR, JvmTypes.MASK));
  }

  /** Masks are kept as those of int vectors; float vectors want theirs. */
  void castMask(DType from, DType to) {
    if (from.isFloat() != to.isFloat()) {
      JvmTypes.species(b, to.isFloat() ? JvmTypes.FLOAT_VECTOR : JvmTypes.INT_VECTOR, width);
      b.invokevirtual(JvmTypes.MASK, "cast", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.SPECIES));
    }
  }

  /** Pushes a mask of the lanes whose bits are set. */
  void mask(long bits) {
    JvmTypes.species(b, JvmTypes.INT_VECTOR, width);
    b.loadConstant(bits);
    b.invokestatic(
        JvmTypes.MASK, "fromLong", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.SPECIES, CD_long));
  }

  /** The same value in all lanes, from an element on the stack. */
  void broadcast(DType t) {
    switch (t) {
      case F32, I32, BF16, I8 -> {
        ClassDesc v = JvmTypes.vector(t);
        ClassDesc element = t.isFloat() ? CD_float : CD_int;
        MethodCode.Var x = code.save("uniform", Form.scalar(t));
        JvmTypes.species(b, v, width);
        code.push(x);
        b.invokestatic(v, "broadcast", MethodTypeDesc.of(v, JvmTypes.SPECIES, element));
      }
      case BOOL -> {
        MethodCode.Var x = code.save("uniform", Form.scalar(t));
        JvmTypes.species(b, JvmTypes.INT_VECTOR, width);
        code.push(x);
        b.invokeinterface(
            JvmTypes.SPECIES, "maskAll", MethodTypeDesc.of(JvmTypes.MASK, CD_boolean));
      }
      case F64, F16 -> throw new IllegalArgumentException("no vectors of " + t);
    }
  }

  private void convert(DType in, DType out) {
    if (in == out) {
      return;
    }
    switch (out) {
      case F32 -> {
        if (in == DType.BOOL) {
          terms.indicator(DType.F32);
        } else if (in != DType.BF16) {
          terms.convert("I2F", JvmTypes.FLOAT_VECTOR);
        }
      }
      case I32 -> {
        if (in == DType.BOOL) {
          terms.indicator(DType.I32);
        } else {
          terms.convert("F2I", JvmTypes.INT_VECTOR);
        }
      }
      case BOOL -> {
        comparison("NE");
        b.loadConstant(0);
        if (in == DType.F32) {
          b.i2f();
        }
        b.invokevirtual(
            JvmTypes.vector(in),
            "compare",
            MethodTypeDesc.of(
                JvmTypes.MASK, JvmTypes.COMPARISON, in == DType.F32 ? CD_float : CD_int));
        castMask(in, DType.I32);
      }
      case BF16 ->
          b.invokestatic(
              JvmTypes.SUPPORT,
              "toBf16",
              MethodTypeDesc.of(JvmTypes.FLOAT_VECTOR, JvmTypes.FLOAT_VECTOR));
      case F64, F16, I8 -> throw new IllegalArgumentException("no vectors to " + out);
    }
  }
}
