package dev.lgc.dsl.type;

/**
 * Element types of tensors. {@code F32} is the type of parameters and accumulators; {@code BF16}
 * and {@code F16} are storage and compute types chosen by the precision pass; {@code I32} carries
 * codes, labels and positions; {@code BOOL} is one byte, 0 or 1.
 */
public enum DType {
  F32("float", 4),
  F64("double", 8),
  BF16("bf16", 2),
  F16("f16", 2),
  I32("int", 4),
  I8("int8", 1),
  BOOL("bool", 1);

  private final String keyword;
  private final int bytes;

  DType(String keyword, int bytes) {
    this.keyword = keyword;
    this.bytes = bytes;
  }

  /** The name used in {@code .arch} sources and dumps. */
  public String keyword() {
    return keyword;
  }

  /** Bytes an element takes. */
  public int bytes() {
    return bytes;
  }

  /** Returns true if values of this type are real numbers (and can have a gradient). */
  public boolean isFloat() {
    return switch (this) {
      case F32, F64, BF16, F16 -> true;
      case I32, I8, BOOL -> false;
    };
  }
}
