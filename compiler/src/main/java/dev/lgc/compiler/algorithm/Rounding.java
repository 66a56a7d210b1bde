package dev.lgc.compiler.algorithm;

import dev.lgc.dsl.type.DType;

/** Rounding to the numbers that a type can hold: to the nearest, ties to even. */
public final class Rounding {
  private Rounding() {}

  /** The nearest number of a type; whole numbers are taken to fit theirs. */
  public static double to(DType type, double x) {
    return switch (type) {
      case F32 -> (float) x;
      case BF16 -> toBf16((float) x);
      case F16 -> toF16((float) x);
      case F64, I32, I8, BOOL -> x;
    };
  }

  public static float toBf16(float x) {
    return fromBf16Bits(toBf16Bits(x));
  }

  public static float toF16(float x) {
    return Float.float16ToFloat(Float.floatToFloat16(x));
  }

  /** A bfloat16's bits: the upper half of a float's. */
  public static short toBf16Bits(float x) {
    int bits = Float.floatToRawIntBits(x);
    if (Float.isNaN(x)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }

  public static float fromBf16Bits(short x) {
    return Float.intBitsToFloat(x << 16);
  }
}
