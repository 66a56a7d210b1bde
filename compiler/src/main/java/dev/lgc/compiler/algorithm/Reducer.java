package dev.lgc.compiler.algorithm;

/** A function by which the values over the reduction axes become one. */
public enum Reducer {
  /** There are no reduction axes. */
  NONE,
  SUM,
  MAX,
  MIN,
  /** Position (I32, row-major over the reduction axes) of the first maximum. */
  ARGMAX,
  /** Position (I32, row-major over the reduction axes) of the first minimum. */
  ARGMIN
}
