package dev.lgc.runtime.tensor;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.dsl.type.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A dense, row-major tensor somewhere in native memory: a typed view, not a copy.
 *
 * @param type its element type and shape
 * @param data exactly its bytes
 */
public record Tensor(TensorType type, MemorySegment data) {
  public Tensor {
    if (data.byteSize() != type.bytes()) {
      throw new IllegalArgumentException(data.byteSize() + " bytes for " + type);
    }
  }

  public long elements() {
    return type.shape().elements();
  }

  /** The element at a linear index, whatever the type. */
  public double get(long i) {
    return switch (type.dtype()) {
      case F32 -> data.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      case F64 -> data.getAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, i);
      case BF16 -> Rounding.fromBf16Bits(data.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i));
      case F16 -> Float.float16ToFloat(data.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i));
      case I32 -> data.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i);
      case I8, BOOL -> data.get(ValueLayout.JAVA_BYTE, i);
    };
  }

  /** Sets the element at a linear index, rounded to the type. */
  public void set(long i, double v) {
    switch (type.dtype()) {
      case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, (float) v);
      case F64 -> data.setAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, i, v);
      case BF16 ->
          data.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, Rounding.toBf16Bits((float) v));
      case F16 ->
          data.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, Float.floatToFloat16((float) v));
      case I32 -> data.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, (int) v);
      case I8 -> data.set(ValueLayout.JAVA_BYTE, i, (byte) v);
      case BOOL -> data.set(ValueLayout.JAVA_BYTE, i, (byte) (v != 0 ? 1 : 0));
    }
  }

  /** All elements, for tests and reports. */
  public double[] toArray() {
    double[] x = new double[Math.toIntExact(elements())];
    for (int i = 0; i < x.length; i++) {
      x[i] = get(i);
    }
    return x;
  }

  /** Sets all elements. */
  public void fill(double... values) {
    if (values.length != elements()) {
      throw new IllegalArgumentException(values.length + " values for " + type);
    }
    for (int i = 0; i < values.length; i++) {
      set(i, values[i]);
    }
  }
}
