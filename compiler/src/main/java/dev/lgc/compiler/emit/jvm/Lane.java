package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;

/**
 * The vector being computed: {@code width} neighbouring positions on an axis, of which the first
 * {@code active} count.
 *
 * @param mask a mask of the first {@code active} lanes, or null when all are
 */
record Lane(Axis axis, int width, int active, Code.Var mask) {
  boolean isFull() {
    return mask == null;
  }
}
