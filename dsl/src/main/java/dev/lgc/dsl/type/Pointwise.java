package dev.lgc.dsl.type;

/** The kinds of elementwise operations, told apart by what they make of a sum of many elements. */
public enum Pointwise {
  /** A multiple of its one operand: of a sum, the sum of what it makes of each. */
  LINEAR,
  /** Another type for the same number: linear between floats, a {@link #FUNCTION} otherwise. */
  CONVERSION,
  /** The sum or the difference of two operands. */
  SUM,
  /** The product of two operands. */
  PRODUCT,
  /** The first operand divided by the second. */
  QUOTIENT,
  /** The second or the third operand, as the first says. */
  CHOICE,
  /** Any other function of numbers: of a sum, nothing that single elements would tell. */
  FUNCTION
}
