package dev.lgc.compiler.emit.tornado;

import static java.lang.constant.ConstantDescs.CD_float;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import java.util.Locale;

/**
 * Functions of elements, made of what TornadoVM compiles rightly. Operands are variables or
 * constants, pushed as often as needed; the result is left on the stack.
 */
final class Functions {
  /** From here on every float is a whole number. */
  private static final float WHOLE = 8388608f;

  private final DeviceCode code;
  private final CodeBuilder b;

  Functions(DeviceCode code) {
    this.code = code;
    this.b = code.b;
  }

  /** The sign of a dividend, as far as it is known. */
  enum Sign {
    ANY,
    NOT_NEGATIVE
  }

  /**
   * @param in the operands' type (of SELECT: that of the branches)
   * @param sign of the first operand of DIV and MOD
   */
  void apply(Function f, DType in, DType out, Sign sign, List<Runnable> x) {
    switch (f) {
      case SELECT -> code.either(x.get(0), x.get(1), x.get(2));
      case LT, LE, EQ, NE -> compare(f, in, x.get(0), x.get(1));
      case AND -> both(x, b::iand);
      case OR -> both(x, b::ior);
      case NOT -> {
        x.getFirst().run();
        b.iconst_1();
        b.ixor();
      }
      case TO_F32, TO_BF16, TO_F16, TO_I32, TO_I8, TO_BOOL -> convert(in, out, x.getFirst());
      case TO_F64, CHECK_INDEX -> throw new IllegalArgumentException(f.name());
      case ADD, SUB, MUL, DIV, MIN, MAX, POW, MOD, NEG, ABS -> {
        if (in.isFloat()) {
          floats(f, x);
          round(out);
        } else {
          ints(f, sign, x);
        }
      }
      case SQRT, EXP, LOG, SIN, COS, TANH -> {
        both(x, () -> math(f.name().toLowerCase(Locale.ROOT), CD_float, CD_float));
        round(out);
      }
      case FLOOR -> floor(x.getFirst());
    }
  }

  /** Rounds a float on the stack to what a type has. */
  void round(DType type) {
    if (type == DType.BF16 || type == DType.F16) {
      code.call(Helper.to(type));
      code.call(Helper.from(type));
    }
  }

  private static void both(List<Runnable> x, Runnable operation) {
    x.forEach(Runnable::run);
    operation.run();
  }

  private void floats(Function f, List<Runnable> x) {
    switch (f) {
      case ADD -> both(x, b::fadd);
      case SUB -> both(x, b::fsub);
      case MUL -> both(x, b::fmul);
      case DIV -> both(x, b::fdiv);
      case NEG -> both(x, b::fneg);
      case ABS -> both(x, () -> math("abs", CD_float, CD_float));
      case POW -> both(x, () -> math("pow", CD_float, CD_float, CD_float));
      case MIN -> lower(x.get(0), x.get(1), x.get(0), x.get(1));
      case MAX -> lower(x.get(1), x.get(0), x.get(0), x.get(1));
      default -> throw new IllegalArgumentException(f + " of floats");
    }
  }

  /** {@code less < more ? x : more <= less ? y : x + y}: NaN if one of them is. */
  private void lower(Runnable less, Runnable more, Runnable x, Runnable y) {
    code.either(
        () -> compare(Function.LT, DType.F32, less, more),
        x,
        () ->
            code.either(
                () -> compare(Function.LE, DType.F32, more, less),
                y,
                () -> both(List.of(x, y), b::fadd)));
  }

  private void ints(Function f, Sign sign, List<Runnable> x) {
    switch (f) {
      case ADD -> both(x, b::iadd);
      case SUB -> both(x, b::isub);
      case MUL -> both(x, b::imul);
      case NEG -> both(x, b::ineg);
      case MIN -> pick(Function.LT, x.get(0), x.get(1), x.get(0), x.get(1));
      case MAX -> pick(Function.LT, x.get(0), x.get(1), x.get(1), x.get(0));
      case ABS ->
          pick(Function.LT, x.getFirst(), b::iconst_0, () -> both(x, b::ineg), x.getFirst());
      case DIV -> divide(sign, x.get(0), x.get(1));
      case MOD -> remainder(sign, x.get(0), x.get(1));
      default -> throw new IllegalArgumentException(f + " of ints");
    }
  }

  private void pick(Function test, Runnable x, Runnable y, Runnable one, Runnable other) {
    code.either(() -> compare(test, DType.I32, x, y), one, other);
  }

  /** Floored, of a positive y: one less than the truncated quotient where something is left. */
  private void divide(Sign sign, Runnable x, Runnable y) {
    x.run();
    y.run();
    b.idiv();
    if (sign == Sign.ANY) {
      compare(Function.LT, DType.I32, () -> truncatedRemainder(x, y), b::iconst_0);
      b.isub();
    }
  }

  private void truncatedRemainder(Runnable x, Runnable y) {
    x.run();
    y.run();
    b.irem();
  }

  /** Floored: {@code r + (r >> 31 & y)} of the truncated remainder. */
  private void remainder(Sign sign, Runnable x, Runnable y) {
    if (sign == Sign.NOT_NEGATIVE) {
      truncatedRemainder(x, y);
      return;
    }
    // Signs by a comparison: shifts are not what they seem (TornadoVM takes >>> for >>).
    Runnable r = () -> truncatedRemainder(x, y);
    r.run();
    code.either(() -> compare(Function.LT, DType.I32, r, b::iconst_0), y, b::iconst_0);
    b.iadd();
  }

  /** Pushes 1 where the comparison holds, else 0. */
  void compare(Function f, DType type, Runnable x, Runnable y) {
    x.run();
    y.run();
    Label no = b.newLabel();
    Label end = b.newLabel();
    if (type.isFloat()) {
      // Comparisons with NaN are false, except NE.
      if (f == Function.LT || f == Function.LE) {
        b.fcmpg();
      } else {
        b.fcmpl();
      }
      switch (f) {
        case LT -> b.ifge(no);
        case LE -> b.ifgt(no);
        case EQ -> b.ifne(no);
        default -> b.ifeq(no);
      }
    } else {
      switch (f) {
        case LT -> b.if_icmpge(no);
        case LE -> b.if_icmpgt(no);
        case EQ -> b.if_icmpne(no);
        default -> b.if_icmpeq(no);
      }
    }
    b.iconst_1();
    b.goto_(end);
    b.labelBinding(no);
    b.iconst_0();
    b.labelBinding(end);
  }

  private void convert(DType in, DType out, Runnable x) {
    if (out == DType.BOOL && in != DType.BOOL) {
      compare(Function.NE, in, x, in.isFloat() ? b::fconst_0 : b::iconst_0);
      return;
    }
    x.run();
    if (out.isFloat() && !in.isFloat()) {
      b.i2f();
    } else if (!out.isFloat() && in.isFloat()) {
      b.f2i();
    }
    if (out == DType.I8 && in != DType.BOOL) {
      b.i2b();
    } else {
      round(out);
    }
  }

  /** Large numbers and NaN are their own; others lose what is behind the point. */
  private void floor(Runnable x) {
    Runnable truncated =
        () -> {
          x.run();
          b.f2i();
          b.i2f();
        };
    code.either(
        () -> {
          compare(Function.LT, DType.F32, x, () -> b.loadConstant(WHOLE));
          compare(Function.LT, DType.F32, () -> b.loadConstant(-WHOLE), x);
          b.iand();
        },
        () -> {
          truncated.run();
          compare(Function.LT, DType.F32, x, truncated);
          b.i2f();
          b.fsub();
        },
        x);
  }

  private void math(String name, ClassDesc result, ClassDesc... parameters) {
    b.invokestatic(TornadoTypes.MATH, name, MethodTypeDesc.of(result, parameters));
  }
}
