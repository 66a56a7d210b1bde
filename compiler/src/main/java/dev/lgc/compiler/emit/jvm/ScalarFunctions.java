package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.List;

/**
 * Functions of single elements. Operands are pushed by {@code operands}; the result is left on the
 * stack.
 */
final class ScalarFunctions {
  private static final MethodTypeDesc ROUND = MethodTypeDesc.of(CD_float, CD_float);

  private final MethodCode code;
  private final CodeBuilder b;

  ScalarFunctions(MethodCode code) {
    this.code = code;
    this.b = code.b;
  }

  /** The type that instructions are chosen by: the operands', of SELECT that of the branches. */
  static DType inputType(Scalar.Apply a) {
    return a.operands().get(a.function() == Function.SELECT ? 1 : 0).dtype();
  }

  /**
   * @param in the operands' type (of SELECT: that of the branches)
   * @param out the result's type
   */
  void apply(Function f, DType in, DType out, List<Runnable> operands) {
    switch (f) {
      case SELECT -> code.select(operands.get(0), operands.get(1), operands.get(2));
      case LT, LE, EQ, NE -> {
        operands.forEach(Runnable::run);
        compare(f, in);
      }
      case AND, OR, NOT -> {
        operands.forEach(Runnable::run);
        logic(f);
      }
      case TO_F32, TO_F64, TO_I32, TO_I8, TO_BOOL, TO_BF16, TO_F16 -> {
        operands.getFirst().run();
        convert(in, out);
      }
      default -> {
        operands.forEach(Runnable::run);
        arithmetic(f, in);
        round(out);
      }
    }
  }

  /** Rounds a {@code float} on the stack to what the type can hold. */
  void round(DType type) {
    switch (type) {
      case BF16 -> b.invokestatic(JvmTypes.ROUNDING, "toBf16", ROUND);
      case F16 -> b.invokestatic(JvmTypes.ROUNDING, "toF16", ROUND);
      case F32, F64, I32, I8, BOOL -> {}
    }
  }

  private void arithmetic(Function f, DType type) {
    switch (type) {
      case F32, BF16, F16 -> floats(f);
      case F64 -> doubles(f);
      case I32, I8, BOOL -> ints(f);
    }
  }

  private void floats(Function f) {
    switch (f) {
      case ADD -> b.fadd();
      case SUB -> b.fsub();
      case MUL -> b.fmul();
      case DIV -> b.fdiv();
      case NEG -> b.fneg();
      case MIN -> math("min", CD_float, CD_float, CD_float);
      case MAX -> math("max", CD_float, CD_float, CD_float);
      case ABS -> math("abs", CD_float, CD_float);
      case SQRT, FLOOR -> inDoubles(f);
      case EXP, LOG, TANH -> byPolynomial(f);
      case SIN, COS -> angle(f);
      case POW -> support("pow", CD_float, CD_float, CD_float);
      default -> throw new IllegalArgumentException(f + " of floats");
    }
  }

  private void inDoubles(Function f) {
    b.f2d();
    doubles(f);
    b.d2f();
  }

  /** Computes a function by the polynomials that lanes are computed by. */
  private void byPolynomial(Function f) {
    code.open();
    new MathFunctions(new ScalarTerms(code)).apply(f);
    code.close();
  }

  /** A sine or cosine: in more digits if the angle is very large. */
  private void angle(Function f) {
    code.open();
    NumericTerms terms = new ScalarTerms(code);
    NumericTerms.Term x = terms.floats("x");
    Label large = b.newLabel();
    Label end = b.newLabel();
    new MathFunctions(terms).isLargeAngle(x).push();
    b.ifne(large);
    x.push();
    byPolynomial(f);
    b.goto_(end);
    b.labelBinding(large);
    x.push();
    inDoubles(f);
    b.labelBinding(end);
    code.close();
  }

  private void doubles(Function f) {
    switch (f) {
      case ADD -> b.dadd();
      case SUB -> b.dsub();
      case MUL -> b.dmul();
      case DIV -> b.ddiv();
      case NEG -> b.dneg();
      case MIN -> math("min", CD_double, CD_double, CD_double);
      case MAX -> math("max", CD_double, CD_double, CD_double);
      case POW -> math("pow", CD_double, CD_double, CD_double);
      case ABS, SQRT, EXP, LOG, SIN, COS, TANH, FLOOR ->
          math(f.name().toLowerCase(java.util.Locale.ROOT), CD_double, CD_double);
      default -> throw new IllegalArgumentException(f + " of doubles");
    }
  }

  private void ints(Function f) {
    switch (f) {
      case ADD -> b.iadd();
      case SUB -> b.isub();
      case MUL -> b.imul();
      case DIV -> math("floorDiv", CD_int, CD_int, CD_int);
      case MOD -> math("floorMod", CD_int, CD_int, CD_int);
      case MIN -> math("min", CD_int, CD_int, CD_int);
      case MAX -> math("max", CD_int, CD_int, CD_int);
      case NEG -> b.ineg();
      case ABS -> math("abs", CD_int, CD_int);
      case FLOOR -> {}
      case CHECK_INDEX -> support("checkIndex", CD_int, CD_int, CD_int);
      default -> throw new IllegalArgumentException(f + " of ints");
    }
  }

  private void compare(Function f, DType type) {
    Opcode branch =
        switch (type) {
          case F32, BF16, F16 -> {
            if (f == Function.LT || f == Function.LE) {
              b.fcmpg();
            } else {
              b.fcmpl();
            }
            yield zeroBranch(f);
          }
          case F64 -> {
            if (f == Function.LT || f == Function.LE) {
              b.dcmpg();
            } else {
              b.dcmpl();
            }
            yield zeroBranch(f);
          }
          case I32, I8, BOOL ->
              switch (f) {
                case LT -> Opcode.IF_ICMPLT;
                case LE -> Opcode.IF_ICMPLE;
                case EQ -> Opcode.IF_ICMPEQ;
                default -> Opcode.IF_ICMPNE;
              };
        };
    code.truth(branch);
  }

  private static Opcode zeroBranch(Function f) {
    return switch (f) {
      case LT -> Opcode.IFLT;
      case LE -> Opcode.IFLE;
      case EQ -> Opcode.IFEQ;
      default -> Opcode.IFNE;
    };
  }

  private void logic(Function f) {
    switch (f) {
      case AND -> b.iand();
      case OR -> b.ior();
      default -> {
        b.iconst_1();
        b.ixor();
      }
    }
  }

  /** Converts what is on the stack. */
  void convert(DType in, DType out) {
    boolean integral = !in.isFloat();
    switch (out) {
      case F32, BF16, F16 -> {
        if (integral) {
          b.i2f();
        } else if (in == DType.F64) {
          b.d2f();
        }
        round(out);
      }
      case F64 -> {
        if (integral) {
          b.i2d();
        } else if (in != DType.F64) {
          b.f2d();
        }
      }
      case I32, I8 -> {
        if (in == DType.F64) {
          b.d2i();
        } else if (!integral) {
          b.f2i();
        }
        if (out == DType.I8 && in != DType.I8 && in != DType.BOOL) {
          b.i2b();
        }
      }
      case BOOL -> {
        if (in != DType.BOOL) {
          if (in == DType.F64) {
            b.dconst_0();
          } else if (integral) {
            b.iconst_0();
          } else {
            b.fconst_0();
          }
          compare(Function.NE, in);
        }
      }
    }
  }

  private void math(String name, ClassDesc result, ClassDesc... parameters) {
    b.invokestatic(JvmTypes.MATH, name, MethodTypeDesc.of(result, parameters));
  }

  private void support(String name, ClassDesc result, ClassDesc... parameters) {
    b.invokestatic(JvmTypes.SUPPORT, name, MethodTypeDesc.of(result, parameters));
  }
}
