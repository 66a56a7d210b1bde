package dev.lgc.compiler.emit.interp;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Positions that differ on one axis only, and memory for values along it. Each thread has its own.
 */
final class Row {
  private static final int NO_AXIS = -1;

  private final int[] position;
  private final int axis;
  private final int length;
  private final Deque<double[]> free = new ArrayDeque<>();

  private Row(int axes, int axis, int length) {
    this.position = new int[axes];
    this.axis = axis;
    this.length = length;
  }

  /** A row along an axis, by its number. */
  static Row along(int axis, int extent, int axes) {
    return new Row(axes, axis, extent);
  }

  /** A row of one position. */
  static Row ofOne(int axes) {
    return new Row(axes, NO_AXIS, 1);
  }

  int length() {
    return length;
  }

  /** Positions by the number of their axis, which may be changed; 0 on the axis of the row. */
  int[] position() {
    return position;
  }

  boolean isAlong(int number) {
    return axis == number;
  }

  boolean isAlongOne(int[] numbers) {
    for (int number : numbers) {
      if (number == axis) {
        return true;
      }
    }
    return false;
  }

  /** Memory for the values of a row, to be given back. */
  double[] take() {
    double[] values = free.poll();
    return values == null ? new double[length] : values;
  }

  /** Takes memory back. */
  void give(double[] values) {
    free.push(values);
  }
}
