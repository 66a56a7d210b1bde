package dev.lgc.dsl.type;

import java.util.Objects;

/** Element type and shape of a tensor; both are known when a model is elaborated. */
public record TensorType(DType dtype, Shape shape) {
  public TensorType {
    Objects.requireNonNull(dtype);
    Objects.requireNonNull(shape);
  }

  public static TensorType f32(int... dims) {
    return new TensorType(DType.F32, Shape.of(dims));
  }

  public static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }

  public TensorType withShape(Shape s) {
    return new TensorType(dtype, s);
  }

  public TensorType withDType(DType d) {
    return new TensorType(d, shape);
  }

  /** Bytes of a dense tensor of this type. */
  public long bytes() {
    return Math.multiplyExact(shape.elements(), (long) dtype.bytes());
  }

  /** Written out: planning asks it a million times, before the generated one is compiled. */
  @Override
  public boolean equals(Object o) {
    return o == this || (o instanceof TensorType t && dtype == t.dtype && shape.equals(t.shape));
  }

  @Override
  public int hashCode() {
    return 31 * dtype.ordinal() + shape.hashCode();
  }

  @Override
  public String toString() {
    return (dtype == DType.F32 ? "" : dtype.keyword()) + shape;
  }
}
