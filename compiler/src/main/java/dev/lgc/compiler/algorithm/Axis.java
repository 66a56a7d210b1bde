package dev.lgc.compiler.algorithm;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A loop of an algorithm or kernel. Axes are told apart by {@code number}; two axes of one
 * algorithm never share one.
 *
 * @param number identity within its algorithm or kernel
 * @param extent iterations, at least 1
 */
public record Axis(int number, int extent) {
  public Axis {
    if (extent < 1) {
      throw new IllegalArgumentException("axis extent " + extent);
    }
  }

  /** Number of positions on some axes together. */
  public static long positions(Collection<Axis> axes) {
    return axes.stream().mapToLong(Axis::extent).reduce(1, Math::multiplyExact);
  }

  /** The last axis with more than one position. */
  public static Optional<Axis> innermost(List<Axis> axes) {
    return axes.reversed().stream().filter(a -> a.extent() > 1).findFirst();
  }

  @Override
  public boolean equals(Object o) {
    return o == this || (o instanceof Axis a && number == a.number && extent == a.extent);
  }

  @Override
  public int hashCode() {
    return 31 * number + extent;
  }
}
