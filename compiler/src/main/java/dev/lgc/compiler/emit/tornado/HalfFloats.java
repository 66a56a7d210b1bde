package dev.lgc.compiler.emit.tornado;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.util.List;

/**
 * Floats of 16 bits from their bits, and back: TornadoVM compiles nothing that reads the bits of a
 * float as those of an int, so both are done by arithmetic, every operation of it exact.
 *
 * <pre>
 * widen  (2^fraction + f) · 2^(e mod 16), a whole number, times 2^16, 2^32, … for the upper bits of e
 * round  a scaled to [1, 2) by powers of two, which e counts, times 2^fraction, rounded to even
 * </pre>
 *
 * <p>A device that has no numbers below the smallest normal one takes those for 0.
 */
final class HalfFloats {
  /**
   * The layout of the bits of a type, and the factors that its exponents become.
   *
   * @param fraction bits of it
   * @param exponent bits of it
   * @param first exponent of a first factor
   * @param high of the factor for the exponent's uppermost bit
   * @param low of the factor where that bit is 0
   * @param tooLarge the smallest number that is rounded to infinity
   */
  record Format(int fraction, int exponent, int first, int high, int low, float tooLarge) {
    static final Format BF16 = new Format(7, 8, -70, 64, -64, 0x1.FFp127f);
    static final Format F16 = new Format(10, 5, 0, -9, -25, 65520);

    int bias() {
      return (1 << exponent - 1) - 1;
    }

    /** The exponent's bits of infinity and what is no number. */
    int none() {
      return (1 << exponent) - 1;
    }
  }

  private static final int SIGN = 0x8000;

  private final DeviceCode code;
  private final CodeBuilder b;
  private final Functions functions;
  private final Format format;

  HalfFloats(DeviceCode code, Format format) {
    this.code = code;
    this.b = code.b;
    this.functions = new Functions(code);
    this.format = format;
  }

  /** The body of a method of bits that returns a float. */
  void widen() {
    DeviceCode.Var bits = code.parameter("bits", CD_int);
    code.push(bits);
    b.loadConstant(format.fraction());
    b.ishr();
    b.loadConstant(format.none());
    b.iand();
    DeviceCode.Var e = code.saveInt("e");
    code.push(bits);
    b.loadConstant((1 << format.fraction()) - 1);
    b.iand();
    DeviceCode.Var fraction = code.saveInt("fraction");
    Runnable subnormal = () -> test(Function.EQ, e, 0);
    code.either(subnormal, b::iconst_0, () -> b.loadConstant(1 << format.fraction()));
    code.push(fraction);
    b.iadd();
    DeviceCode.Var whole = code.saveInt("whole");
    code.push(whole);
    code.either(subnormal, b::iconst_1, () -> and(e, 15));
    b.ishl();
    b.i2f();
    times(format.first());
    DeviceCode.Var x = code.save("x", CD_float);
    int uppermost = 1 << format.exponent() - 1;
    for (int bit = 16; bit < uppermost; bit *= 2) {
      int by = bit;
      code.either(() -> and(e, by), () -> times(x, by), () -> code.push(x));
      code.set(x);
    }
    code.either(
        () -> and(e, uppermost), () -> times(x, format.high()), () -> times(x, format.low()));
    code.set(x);
    code.either(
        () -> test(Function.EQ, e, format.none()), () -> none(x, fraction), () -> code.push(x));
    code.set(x);
    code.either(
        () -> and(bits, SIGN),
        () -> {
          code.push(x);
          b.fneg();
        },
        () -> code.push(x));
    b.freturn();
  }

  /** Pushes infinity, of a number that is large enough, or what is left of it less itself. */
  private void none(DeviceCode.Var x, DeviceCode.Var fraction) {
    times(x, 120);
    DeviceCode.Var infinity = code.save("infinity", CD_float);
    code.either(
        () -> test(Function.EQ, fraction, 0),
        () -> code.push(infinity),
        () -> {
          code.push(infinity);
          code.push(infinity);
          b.fsub();
        });
  }

  /** The body of a method of a float that returns bits. */
  void round() {
    DeviceCode.Var x = code.parameter("x", CD_float);
    functions.apply(Function.ABS, DType.F32, DType.F32, Functions.Sign.ANY, pusher(x));
    DeviceCode.Var a = code.save("a", CD_float);
    b.loadConstant(format.bias());
    DeviceCode.Var e = code.saveInt("e");
    code.push(a);
    DeviceCode.Var t = code.save("t", CD_float);
    for (int by = 64; by > 0; by /= 2) {
      up(t, e, by);
    }
    for (int by = 64; by > 0; by /= 2) {
      down(t, e, by);
    }
    times(t, format.fraction());
    DeviceCode.Var scaled = code.save("scaled", CD_float);
    DeviceCode.Var whole = toEven(scaled);
    // What carries over goes to the exponent.
    code.push(e);
    b.iconst_1();
    b.isub();
    b.loadConstant(format.fraction());
    b.ishl();
    code.push(whole);
    b.iadd();
    DeviceCode.Var finite = code.saveInt("finite");
    Runnable infinite = () -> b.loadConstant(format.none() << format.fraction());
    Runnable large = () -> b.loadConstant(format.tooLarge());
    code.either(
        () -> functions.compare(Function.LT, DType.F32, () -> code.push(a), large),
        () -> code.push(finite),
        infinite);
    DeviceCode.Var number = code.saveInt("number");
    code.either(
        () -> functions.compare(Function.EQ, DType.F32, () -> code.push(a), () -> code.push(a)),
        () -> code.push(number),
        () -> b.loadConstant((format.none() << 1 | 1) << format.fraction() - 1));
    code.either(() -> isNegative(x), () -> b.loadConstant(SIGN), b::iconst_0);
    b.iadd();
    b.ireturn();
  }

  /** Pushes whether a number is below 0, or the 0 below it. */
  private void isNegative(DeviceCode.Var x) {
    Runnable zero = b::fconst_0;
    functions.compare(Function.LT, DType.F32, () -> code.push(x), zero);
    functions.compare(
        Function.LT,
        DType.F32,
        () -> {
          b.fconst_1();
          code.push(x);
          b.fdiv();
        },
        zero);
    b.ior();
  }

  /** Divides t by 2^by if it is that or more, and counts. */
  private void up(DeviceCode.Var t, DeviceCode.Var e, int by) {
    Runnable power = () -> b.loadConstant((float) Math.scalb(1.0, by));
    functions.compare(Function.LE, DType.F32, power, () -> code.push(t));
    scale(code.saveInt("takes"), t, e, -by);
  }

  /** Multiplies t by 2^by if it is below 2^(1 - by) and e stays above 0, and counts. */
  private void down(DeviceCode.Var t, DeviceCode.Var e, int by) {
    Runnable power = () -> b.loadConstant((float) Math.scalb(1.0, 1 - by));
    functions.compare(Function.LT, DType.F32, () -> code.push(t), power);
    functions.compare(Function.LT, DType.I32, () -> b.loadConstant(by), () -> code.push(e));
    b.iand();
    scale(code.saveInt("takes"), t, e, by);
  }

  /** Multiplies t by 2^exponent, and takes that from e, if a variable is 1. */
  private void scale(DeviceCode.Var takes, DeviceCode.Var t, DeviceCode.Var e, int exponent) {
    code.either(() -> code.push(takes), () -> times(t, exponent), () -> code.push(t));
    code.set(t);
    code.either(() -> code.push(takes), () -> b.loadConstant(exponent), b::iconst_0);
    b.ineg();
    code.push(e);
    b.iadd();
    code.set(e);
  }

  /** The nearest whole number, of two the even one. */
  private DeviceCode.Var toEven(DeviceCode.Var x) {
    code.push(x);
    b.f2i();
    DeviceCode.Var whole = code.saveInt("whole");
    code.push(x);
    code.push(whole);
    b.i2f();
    b.fsub();
    DeviceCode.Var rest = code.save("rest", CD_float);
    Runnable half = () -> b.loadConstant(0.5f);
    code.push(whole);
    functions.compare(Function.LT, DType.F32, half, () -> code.push(rest));
    functions.compare(Function.EQ, DType.F32, half, () -> code.push(rest));
    and(whole, 1);
    b.iand();
    b.ior();
    b.iadd();
    return code.saveInt("rounded");
  }

  private List<Runnable> pusher(DeviceCode.Var v) {
    return List.of(() -> code.push(v));
  }

  private void and(DeviceCode.Var v, int mask) {
    code.push(v);
    b.loadConstant(mask);
    b.iand();
  }

  private void test(Function f, DeviceCode.Var v, int constant) {
    functions.compare(f, DType.I32, () -> code.push(v), () -> b.loadConstant(constant));
  }

  /** Pushes {@code v · 2^exponent}. */
  private void times(DeviceCode.Var v, int exponent) {
    code.push(v);
    times(exponent);
  }

  /** Multiplies what is on the stack by a power of two. */
  private void times(int exponent) {
    if (exponent != 0) {
      b.loadConstant((float) Math.scalb(1.0, exponent));
      b.fmul();
    }
  }
}
