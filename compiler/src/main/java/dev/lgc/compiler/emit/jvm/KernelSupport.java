package dev.lgc.compiler.emit.jvm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

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

  // Over the lanes of a vector that was written to memory (vectors are no arguments: a call that is not inlined would put them
  // on the heap). Always pairs, then pairs of pairs: `reduceLanes` says nothing of its order.

  private static float floatAt(long address) {
    return MEMORY.get(ValueLayout.JAVA_FLOAT_UNALIGNED, address);
  }

  private static int intAt(long address) {
    return MEMORY.get(ValueLayout.JAVA_INT_UNALIGNED, address);
  }

  /** The sum of some lanes, 4, 8 or 16. */
  public static float addFloats(long at, int lanes) {
    float sum = addFour(at);
    if (lanes > 4) {
      sum += addFour(at + 16);
    }
    if (lanes > 8) {
      sum += addFour(at + 32) + addFour(at + 48);
    }
    return sum;
  }

  private static float addFour(long at) {
    return floatAt(at) + floatAt(at + 4) + (floatAt(at + 8) + floatAt(at + 12));
  }

  public static float maxFloats(long at, int lanes) {
    float max = floatAt(at);
    for (int i = 1; i < lanes; i++) {
      max = Math.max(max, floatAt(at + 4L * i));
    }
    return max;
  }

  public static float minFloats(long at, int lanes) {
    float min = floatAt(at);
    for (int i = 1; i < lanes; i++) {
      min = Math.min(min, floatAt(at + 4L * i));
    }
    return min;
  }

  public static int addInts(long at, int lanes) {
    int sum = 0;
    for (int i = 0; i < lanes; i++) {
      sum += intAt(at + 4L * i);
    }
    return sum;
  }

  public static int maxInts(long at, int lanes) {
    int max = intAt(at);
    for (int i = 1; i < lanes; i++) {
      max = Math.max(max, intAt(at + 4L * i));
    }
    return max;
  }

  public static int minInts(long at, int lanes) {
    int min = intAt(at);
    for (int i = 1; i < lanes; i++) {
      min = Math.min(min, intAt(at + 4L * i));
    }
    return min;
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
