package dev.lgc.compiler.op;

/**
 * Ops kept whole because some targets have a good kernel for them and some passes need to see them.
 * A target that has none gets the decomposition; it also gives the gradient.
 */
public non-sealed interface Composite extends Op {
  /** Adds the equivalent primitives and returns the result, of the same type. */
  int decompose(Terms t, int[] operands);
}
