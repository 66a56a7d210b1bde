package dev.lgc.compiler.emit.jvm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** What emitted kernels call. Public only because emitted classes must reach it. */
public final class KernelSupport {
  /** The whole address space: offsets in it are addresses. */
  public static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  public static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final long M0 = 0xD2511F53L;
  private static final long M1 = 0xCD9E8D57L;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;
  private static final long LOW = 0xFFFFFFFFL;

  private KernelSupport() {}

  /** Called when a data-dependent index is outside its buffer. */
  public static IndexFault fault(int buffer, long offset, long bytes, int elementBytes) {
    return new IndexFault(buffer, Math.floorDiv(offset, elementBytes), bytes / elementBytes);
  }

  /** See {@link dev.lgc.compiler.algorithm.Scalar.Uniform}. */
  public static float uniform(int k0, int k1, int k2, int k3, int stream, int index) {
    int c0 = index >> 2;
    int c1 = stream;
    int c2 = k2;
    int c3 = k3;
    for (int round = 0; round < 10; round++) {
      long p0 = (c0 & LOW) * M0;
      long p1 = (c2 & LOW) * M1;
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    int word =
        switch (index & 3) {
          case 0 -> c0;
          case 1 -> c1;
          case 2 -> c2;
          default -> c3;
        };
    return (word >>> 8) * 0x1p-24f;
  }

  /** Writes the uniforms with neighbouring indexes {@code index} … {@code index + count - 1}. */
  public static void uniforms(
      int k0, int k1, int k2, int k3, int stream, int index, int count, long address) {
    for (int i = 0; i < count; i++) {
      float u = uniform(k0, k1, k2, k3, stream, index + i);
      MEMORY.set(ValueLayout.JAVA_FLOAT_UNALIGNED, address + 4L * i, u);
    }
  }

  // Over the lanes of a vector, halving it: the same order however many lanes the interpreter or the compiler sees.

  /** The sum of all lanes. */
  public static float addLanes(FloatVector v) {
    for (int half = v.length() / 2; half > 0; half /= 2) {
      v = v.add(v.rearrange(VectorShuffle.iota(v.species(), half, 1, true)));
    }
    return v.lane(0);
  }

  public static int addLanes(IntVector v) {
    return v.reduceLanes(VectorOperators.ADD);
  }

  public static float maxLanes(FloatVector v) {
    return v.reduceLanes(VectorOperators.MAX);
  }

  public static int maxLanes(IntVector v) {
    return v.reduceLanes(VectorOperators.MAX);
  }

  public static float minLanes(FloatVector v) {
    return v.reduceLanes(VectorOperators.MIN);
  }

  public static int minLanes(IntVector v) {
    return v.reduceLanes(VectorOperators.MIN);
  }

  public static float pow(float x, float y) {
    return (float) Math.pow(x, y);
  }

  /** Rounds to the nearest bfloat16, ties to even. */
  public static float roundToBf16(float x) {
    return fromBf16(toBf16(x));
  }

  public static short toBf16(float x) {
    int bits = Float.floatToRawIntBits(x);
    if (Float.isNaN(x)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }

  public static float fromBf16(short x) {
    return Float.intBitsToFloat(x << 16);
  }

  /** Rounds to the nearest half-precision number, ties to even. */
  public static float roundToF16(float x) {
    return Float.float16ToFloat(Float.floatToFloat16(x));
  }
}
