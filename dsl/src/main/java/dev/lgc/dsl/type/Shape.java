package dev.lgc.dsl.type;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The extents of a tensor, outermost first, row-major. A scalar has no dimensions. No extent is
 * negative; only an empty slice, which is never computed, has an extent of 0.
 */
public record Shape(List<Integer> dims) {
  public static final Shape SCALAR = new Shape(List.of());

  public Shape {
    dims = List.copyOf(dims);
    for (int d : dims) {
      if (d < 0) {
        throw new IllegalArgumentException("negative extent in " + dims);
      }
    }
  }

  public static Shape of(int... dims) {
    return new Shape(Arrays.stream(dims).boxed().toList());
  }

  public int rank() {
    return dims.size();
  }

  /** Extent of {@code axis}; a negative axis counts from the end. */
  public int dim(int axis) {
    return dims.get(axis < 0 ? axis + dims.size() : axis);
  }

  /**
   * Number of elements.
   *
   * @throws ArithmeticException if it does not fit 64 bits
   */
  public long elements() {
    long n = 1;
    for (int d : dims) {
      n = Math.multiplyExact(n, (long) d);
    }
    return n;
  }

  /** Row-major strides in elements. */
  public long[] strides() {
    long[] s = new long[rank()];
    long n = 1;
    for (int i = rank() - 1; i >= 0; i--) {
      s[i] = n;
      n *= dims.get(i);
    }
    return s;
  }

  /** This shape with {@code axis} replaced by {@code extent}. */
  public Shape with(int axis, int extent) {
    List<Integer> d = new ArrayList<>(dims);
    d.set(axis < 0 ? axis + dims.size() : axis, extent);
    return new Shape(d);
  }

  /** This shape without {@code axis}. */
  public Shape without(int axis) {
    List<Integer> d = new ArrayList<>(dims);
    d.remove(axis < 0 ? axis + dims.size() : axis);
    return new Shape(d);
  }

  /** Written out: planning asks it a million times, before the generated one is compiled. */
  @Override
  public boolean equals(Object o) {
    return o == this || (o instanceof Shape s && dims.equals(s.dims));
  }

  @Override
  public int hashCode() {
    return dims.hashCode();
  }

  @Override
  public String toString() {
    return dims.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
  }
}
