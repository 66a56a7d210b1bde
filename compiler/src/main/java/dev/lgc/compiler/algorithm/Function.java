package dev.lgc.compiler.algorithm;

/**
 * Scalar functions a target must provide. Operand dtypes are equal unless said; the result has the
 * operands' dtype unless said. This is the whole list a new backend implements.
 */
public enum Function {
  ADD(2),
  SUB(2),
  MUL(2),
  /** Of integers the floored quotient; lowering makes the divisor positive. */
  DIV(2),
  MIN(2),
  MAX(2),
  POW(2),
  /** Floored integer remainder; lowering makes the divisor positive. */
  MOD(2),
  NEG(1),
  ABS(1),
  SQRT(1),
  EXP(1),
  LOG(1),
  SIN(1),
  COS(1),
  TANH(1),
  FLOOR(1),
  /** Comparisons: BOOL result. */
  LT(2),
  LE(2),
  EQ(2),
  NE(2),
  AND(2),
  OR(2),
  NOT(1),
  /** SELECT(condition BOOL, then, else). */
  SELECT(3),
  /** Conversions: named by the result. Float to int truncates towards zero; BOOL is 0 or 1. */
  TO_F32(1),
  TO_F64(1),
  TO_I32(1),
  TO_BOOL(1),
  TO_BF16(1),
  TO_F16(1),
  TO_I8(1),
  /**
   * CHECK_INDEX(index, extent), of I32: the index, which is a fault unless it is from 0 to below
   * the extent, a positive literal.
   */
  CHECK_INDEX(2);

  private final int arity;

  Function(int arity) {
    this.arity = arity;
  }

  public int arity() {
    return arity;
  }

  /** Returns true if it only changes the type in which a number is held. */
  public boolean isConversion() {
    return switch (this) {
      case TO_F32, TO_F64, TO_I32, TO_BOOL, TO_BF16, TO_F16, TO_I8 -> true;
      default -> false;
    };
  }
}
