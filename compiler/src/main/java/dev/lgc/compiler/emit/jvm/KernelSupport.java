package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Philox;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** What emitted kernels call. Public only because emitted classes must reach it. */
public final class KernelSupport {
  /** The whole address space: offsets in it are addresses. */
  public static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  public static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final long LOW = 0xFFFFFFFFL;
  private static final long M0 = Philox.M0 & LOW;
  private static final long M1 = Philox.M1 & LOW;

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
    for (int round = 0; round < Philox.ROUNDS; round++) {
      long p0 = (c0 & LOW) * M0;
      long p1 = (c2 & LOW) * M1;
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += Philox.W0;
      k1 += Philox.W1;
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

  /**
   * Writes the uniforms with neighbouring indexes {@code index} … {@code index + count - 1}. Four
   * of them share the words of one counter.
   */
  public static void uniforms(
      int k0, int k1, int k2, int k3, int stream, int index, int count, long address) {
    long at = address - 4L * (index & 3);
    long end = address + 4L * count;
    for (int counter = index >> 2; at < end; counter++) {
      int c0 = counter;
      int c1 = stream;
      int c2 = k2;
      int c3 = k3;
      int r0 = k0;
      int r1 = k1;
      for (int round = 0; round < Philox.ROUNDS; round++) {
        long p0 = (c0 & LOW) * M0;
        long p1 = (c2 & LOW) * M1;
        c0 = (int) (p1 >>> 32) ^ c1 ^ r0;
        c1 = (int) p1;
        c2 = (int) (p0 >>> 32) ^ c3 ^ r1;
        c3 = (int) p0;
        r0 += Philox.W0;
        r1 += Philox.W1;
      }
      if (at >= address && at + 16 <= end) {
        setUniform(at, c0);
        setUniform(at + 4, c1);
        setUniform(at + 8, c2);
        setUniform(at + 12, c3);
      } else {
        for (int word = 0; word < 4; word++, at += 4) {
          if (at >= address && at < end) {
            setUniform(at, word == 0 ? c0 : word == 1 ? c1 : word == 2 ? c2 : c3);
          }
        }
        at -= 16;
      }
      at += 16;
    }
  }

  private static void setUniform(long address, int word) {
    MEMORY.set(ValueLayout.JAVA_FLOAT_UNALIGNED, address, (word >>> 8) * 0x1p-24f);
  }

  /** Begins the lists of {@link dev.lgc.compiler.kernel.Matches}: none has a position. */
  public static void clearLists(long lists, int rows) {
    MEMORY.asSlice(lists, 4L * rows).fill((byte) -1);
  }

  /** Puts a position in front of its label's list. */
  public static void link(long lists, int rows, int position, int label) {
    if (label >= 0 && label < rows) {
      long first = lists + 4L * label;
      MEMORY.set(ValueLayout.JAVA_INT_UNALIGNED, lists + 4L * (rows + position), intAt(first));
      MEMORY.set(ValueLayout.JAVA_INT_UNALIGNED, first, position);
    }
  }

  /** The first position of a row, or -1. */
  public static int first(long lists, int row) {
    return intAt(lists + 4L * row);
  }

  /** The position after a position, or -1. */
  public static int next(long lists, int rows, int position) {
    return intAt(lists + 4L * (rows + position));
  }

  // Over the lanes of a vector that was written to memory (vectors are no arguments: a call that is
  // not inlined would put them
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
}
