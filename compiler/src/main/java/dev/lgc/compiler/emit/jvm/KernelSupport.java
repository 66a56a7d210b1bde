package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.kernel.Stage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** What emitted kernels call. Public only because emitted classes must reach it. */
public final class KernelSupport {
  /** The whole address space: offsets in it are addresses. */
  public static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  public static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private KernelSupport() {}

  /** Where a loop with a bound ends. */
  public static int end(int bound, int extent) {
    return Stage.Bound.visited(bound, extent);
  }

  /** Called when a data-dependent index is outside its buffer. */
  public static IndexFault fault(int buffer, long offset, long bytes, int elementBytes) {
    return new IndexFault(buffer, Math.floorDiv(offset, elementBytes), bytes / elementBytes);
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

  /** The nearest number of BF16 to each lane, as {@link Rounding#toBf16(float)}. */
  public static FloatVector toBf16(FloatVector x) {
    IntVector bits = x.reinterpretAsInts();
    IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).lanewise(VectorOperators.AND, 1);
    IntVector near = bits.add(odd).add(0x7FFF);
    IntVector number =
        near.blend(
            bits.lanewise(VectorOperators.OR, 0x400000),
            x.test(VectorOperators.IS_NAN).cast(bits.species()));
    return number.lanewise(VectorOperators.AND, 0xFFFF0000).reinterpretAsFloats();
  }

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
