package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.algorithm.Axis;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * Several axes walked as one, last fastest, and the values of some affine functions along it.
 *
 * <p>A function's values for a range of positions go to memory as I32; the last coordinates are
 * stepped, not divided for.
 */
final class Line {
  private final int[] extents;
  private final long count;

  Line(List<Axis> axes) {
    extents = axes.stream().mapToInt(Axis::extent).toArray();
    count = Axis.positions(axes);
  }

  long count() {
    return count;
  }

  /** The value of {@code Σ stride · coordinate} at a position. */
  long at(long position, long[] strides) {
    long value = 0;
    long rest = position;
    for (int i = extents.length - 1; i >= 0; i--) {
      value += rest % extents[i] * strides[i];
      rest /= extents[i];
    }
    return value;
  }

  /** Writes {@code base} plus the values at {@code n} positions from {@code first} on. */
  void fill(long first, int n, long[] strides, long base, long table) {
    int axes = extents.length;
    if (axes == 0) {
      Memory.setInt(table, (int) base);
      return;
    }
    int last = extents[axes - 1];
    int step = (int) strides[axes - 1];
    int done = 0;
    while (done < n) {
      long position = first + done;
      int value = (int) (base + at(position, strides));
      int end = (int) Math.min(n, done + last - position % last);
      for (; done < end; done++) {
        Memory.setInt(table + 4L * done, value);
        value += step;
      }
    }
  }

  /**
   * The most that the values at two of {@code n} neighbouring positions differ by, or more: the
   * slowest axis has few of its coordinates among them, the others may have all.
   */
  long reach(long n, long[] strides) {
    long reach = 0;
    long inner = 1;
    for (int i = extents.length - 1; i >= 0; i--) {
      long steps = extents[i] - 1L;
      reach += Math.abs(strides[i]) * (i > 0 ? steps : Math.min(steps, Math.ceilDiv(n - 1, inner)));
      inner *= extents[i];
    }
    return reach;
  }

  /** Returns true if {@code n} values of a table are each one more than the one before. */
  static boolean isRun(long table, int n) {
    int first = Memory.getInt(table);
    for (int i = 1; i < n; i++) {
      if (Memory.getInt(table + 4L * i) != first + i) {
        return false;
      }
    }
    return true;
  }

  /** The stride of several axes walked as one, when there is one. */
  static Optional<Long> stride(List<Axis> axes, ToLongFunction<Axis> stride) {
    long first = 1;
    long next = 0;
    for (Axis axis : axes.reversed()) {
      if (axis.extent() == 1) {
        continue;
      }
      long s = stride.applyAsLong(axis);
      if (next == 0) {
        first = s;
      } else if (s != next) {
        return Optional.empty();
      }
      next = s * axis.extent();
      if (next == 0) {
        return Optional.empty();
      }
    }
    return Optional.of(first);
  }

  /** The strides of some axes, in their order. */
  static long[] strides(List<Axis> axes, ToLongFunction<Axis> stride) {
    return axes.stream().mapToLong(stride).toArray();
  }
}
