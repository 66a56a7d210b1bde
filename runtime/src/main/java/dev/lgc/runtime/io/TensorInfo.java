package dev.lgc.runtime.io;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * The description of a tensor in a file, without its data.
 *
 * @param name its path in the model
 * @param dtype the type of its elements
 * @param dims its dimensions, outermost first; empty for a scalar
 */
public record TensorInfo(String name, StoredType dtype, List<Long> dims) {
  /** The order of tensors in a file that lgc writes: by falling element size, then by name. */
  static final Comparator<TensorInfo> ORDER =
      Comparator.comparingInt((TensorInfo t) -> -t.dtype.bytes()).thenComparing(TensorInfo::name);

  public TensorInfo {
    Objects.requireNonNull(name);
    Objects.requireNonNull(dtype);
    dims = List.copyOf(dims);
  }

  /** Its dimensions. */
  public long[] shape() {
    return dims.stream().mapToLong(Long::longValue).toArray();
  }

  /** The number of elements: the product of the shape, 1 for a scalar. */
  public long elements() {
    return dims.stream().reduce(1L, Math::multiplyExact);
  }

  @Override
  public String toString() {
    return name + " " + dtype + dims;
  }
}
