package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;

/**
 * The vector being computed: {@code width} neighbouring positions on an axis, of which the first
 * count.
 *
 * @param active how many count, if that is known now
 * @param count how many count, if that is known only when the code runs; else null
 * @param mask a mask of those, or null when all do
 */
record Lane(Axis axis, int width, int active, MethodCode.Var count, MethodCode.Var mask) {
  /** A vector of which {@code active} lanes count. */
  Lane(Axis axis, int width, int active, MethodCode.Var mask) {
    this(axis, width, active, null, mask);
  }

  /** The first lanes, as bits. */
  static long first(int count) {
    return (1L << count) - 1;
  }

  boolean isFull() {
    return mask == null;
  }
}
