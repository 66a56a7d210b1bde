package dev.lgc.compiler.kernel.product;

import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * A tensor in a buffer: element {@code offset + Σ stride · position}. What libraries take.
 *
 * @param buffer the kernel's buffer
 * @param dtype of its elements
 * @param offset in elements
 */
public record StridedTensor(
    int buffer, DType dtype, long offset, List<Long> extents, List<Long> strides) {
  public StridedTensor {
    extents = List.copyOf(extents);
    strides = told(extents, strides);
  }

  /** A tensor of F32. */
  public StridedTensor(int buffer, long offset, List<Long> extents, List<Long> strides) {
    this(buffer, DType.F32, offset, extents, strides);
  }

  /**
   * The strides, with those of axes of one position, which say nothing, as they are in a dense
   * tensor.
   */
  private static List<Long> told(List<Long> extents, List<Long> strides) {
    List<Long> told = new ArrayList<>(strides);
    for (int d = extents.size() - 1; d >= 0; d--) {
      if (extents.get(d) == 1) {
        boolean last = d == extents.size() - 1;
        told.set(d, last ? 1 : extents.get(d + 1) * told.get(d + 1));
      }
    }
    return List.copyOf(told);
  }

  public long extent(int dimension) {
    return extents.get(dimension);
  }

  /** The same tensor with other elements in its place. */
  public StridedTensor withDType(DType other) {
    return new StridedTensor(buffer, other, offset, extents, strides);
  }

  public long elements() {
    return extents.stream().reduce(1L, Math::multiplyExact);
  }

  /** Elements of the buffer from its first element to its last. */
  public long reach() {
    long reach = 1;
    for (int d = 0; d < extents.size(); d++) {
      reach += (extent(d) - 1) * Math.abs(strides.get(d));
    }
    return reach;
  }

  /** Some neighbouring positions of a dimension; all of one that has only one. */
  public StridedTensor slice(int dimension, long from, long count) {
    if (extent(dimension) == 1) {
      return this;
    }
    List<Long> sliced = new ArrayList<>(extents);
    sliced.set(dimension, count);
    return new StridedTensor(
        buffer, dtype, offset + from * strides.get(dimension), sliced, strides);
  }
}
