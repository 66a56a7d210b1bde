package dev.lgc.compiler.emit.interp;

/** The precision in which real numbers are computed. */
public enum Precision {
  /**
   * As the algorithms say: results are rounded to their type after every function, sums at their
   * end.
   */
  AS_TYPED,
  /** Every real number is a double, whatever its type: for comparing gradients with differences. */
  DOUBLE
}
