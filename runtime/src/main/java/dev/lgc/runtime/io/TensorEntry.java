package dev.lgc.runtime.io;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.lgc.dsl.text.Text;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;

/**
 * One named tensor: where its elements are, and what they mean.
 *
 * @param name its path in the model, for example {@code layers.0.attention.wqkv.weight}
 * @param dtype the type of its elements
 * @param shape its dimensions, outermost first; empty for a scalar
 * @param data its elements in row-major order, little-endian, exactly {@code elements *
 *     dtype.bytes()} bytes; from a file, a read-only view that lives as long as the file is open
 */
public record TensorEntry(String name, StoredType dtype, long[] shape, MemorySegment data)
    implements FloatSource {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat NATIVE_FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  public TensorEntry {
    Objects.requireNonNull(name);
    Objects.requireNonNull(dtype);
    shape = shape.clone();
    long bytes = dtype.bytes();
    for (long d : shape) {
      if (d < 0) {
        throw new IllegalArgumentException(name + ": negative dimension " + d);
      }
      bytes = Math.multiplyExact(bytes, d);
    }
    if (bytes != data.byteSize()) {
      throw new IllegalArgumentException(
          Text.format(
              "%s: %d bytes for %s %s, which takes %d",
              name, data.byteSize(), dtype, Arrays.toString(shape), bytes));
    }
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** The number of elements: the product of the shape, 1 for a scalar. */
  @Override
  public long elements() {
    return data.byteSize() / dtype.bytes();
  }

  /**
   * Element {@code i} in row-major order, as a number; exact for every type but I64 and U64 beyond
   * 2^53.
   *
   * @throws IndexOutOfBoundsException if {@code i} is not below {@link #elements()}
   */
  public double numberAt(long i) {
    return switch (dtype) {
      case BOOL -> data.get(ValueLayout.JAVA_BYTE, i) != 0 ? 1 : 0;
      case U8 -> data.get(ValueLayout.JAVA_BYTE, i) & 0xff;
      case I8 -> data.get(ValueLayout.JAVA_BYTE, i);
      case F8_E4M3 -> e4m3(data.get(ValueLayout.JAVA_BYTE, i));
      case F8_E5M2 ->
          Float.float16ToFloat((short) (data.get(ValueLayout.JAVA_BYTE, i) << 8)); // its upper half
      case F8_E8M0 -> e8m0(data.get(ValueLayout.JAVA_BYTE, i) & 0xff);
      case I16 -> data.get(SHORT, i * 2);
      case U16 -> Short.toUnsignedInt(data.get(SHORT, i * 2));
      case I32 -> data.get(INT, i * 4);
      case U32 -> Integer.toUnsignedLong(data.get(INT, i * 4));
      case I64 -> data.get(LONG, i * 8);
      case U64 -> unsigned(data.get(LONG, i * 8));
      case F16 -> Float.float16ToFloat(data.get(SHORT, i * 2));
      case BF16 -> Float.intBitsToFloat(data.get(SHORT, i * 2) << 16);
      case F32 -> data.get(FLOAT, i * 4);
      case F64 -> data.get(DOUBLE, i * 8);
    };
  }

  /** Four bits of exponent, three of mantissa, no infinity: OCP's 8-bit floating point, E4M3. */
  private static double e4m3(byte bits) {
    int exponent = bits >> 3 & 15;
    int mantissa = bits & 7;
    double size =
        (bits & 0x7f) == 0x7f
            ? Double.NaN
            : exponent == 0 ? mantissa * 0x1p-9 : Math.scalb(8.0 + mantissa, exponent - 10);
    return bits < 0 ? -size : size;
  }

  /** A power of two: OCP's scale, E8M0. */
  private static double e8m0(int exponent) {
    return exponent == 255 ? Double.NaN : Math.scalb(1.0, exponent - 127);
  }

  private static double unsigned(long bits) {
    return bits >= 0 ? bits : 2.0 * ((bits >>> 1) | (bits & 1));
  }

  @Override
  public void readFloats(long from, MemorySegment into, long offset, long count) {
    Objects.checkFromIndexSize(from, count, elements());
    Objects.checkFromIndexSize(offset, count * 4, into.byteSize());
    if (dtype == StoredType.F32) {
      MemorySegment.copy(data, FLOAT, from * 4, into, NATIVE_FLOAT, offset, count);
      return;
    }
    for (long i = 0; i < count; i++) {
      into.set(NATIVE_FLOAT, offset + i * 4, (float) numberAt(from + i));
    }
  }

  /** All elements as f32; for tests and small tensors. */
  public float[] toFloats() {
    float[] out = new float[Math.toIntExact(elements())];
    readFloats(0, MemorySegment.ofArray(out), 0, out.length);
    return out;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorEntry t
        && name.equals(t.name)
        && dtype == t.dtype
        && Arrays.equals(shape, t.shape)
        && data.mismatch(t.data) < 0;
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, dtype, Arrays.hashCode(shape));
  }

  @Override
  public String toString() {
    return name + " " + dtype + Arrays.toString(shape);
  }
}
