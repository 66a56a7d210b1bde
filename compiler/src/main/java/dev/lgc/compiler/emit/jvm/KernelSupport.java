package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.kernel.Stage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The functions that emitted kernels call. The class is public only because emitted classes must
 * reach it.
 */
public final class KernelSupport {
  /** The whole address space: offsets in it are addresses. */
  public static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  public static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private KernelSupport() {}

  /** The end of a loop with a dynamic bound. */
  public static int end(int bound, int extent) {
    return Stage.Bound.visited(bound, extent);
  }

  /** Called when a data-dependent index is outside its buffer. */
  public static IndexFault fault(int buffer, long offset, long bytes, int elementBytes) {
    return new IndexFault(buffer, Math.floorDiv(offset, elementBytes), bytes / elementBytes);
  }

  /** {@link dev.lgc.compiler.algorithm.Function#CHECK_INDEX}. */
  public static int checkIndex(int index, int extent) {
    if (Integer.compareUnsigned(index, extent) >= 0) {
      throw new IndexFault(index, extent);
    }
    return index;
  }

  /** The same of every lane. */
  public static IntVector checkIndex(IntVector index, int extent) {
    VectorMask<Integer> outside = index.compare(VectorOperators.UGE, extent);
    if (outside.anyTrue()) {
      throw new IndexFault(index.lane(outside.firstTrue()), extent);
    }
    return index;
  }

  /** The same of the lanes that count; the others become 0. */
  public static IntVector checkIndex(IntVector index, int extent, VectorMask<Integer> counts) {
    return checkIndex(index.blend(0, counts.not()), extent);
  }

  /** Begins the lists of {@link dev.lgc.compiler.kernel.SegmentedSum}: none has a position. */
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

  private static int intAt(long address) {
    return MEMORY.get(ValueLayout.JAVA_INT_UNALIGNED, address);
  }

  public static float pow(float x, float y) {
    return (float) Math.pow(x, y);
  }
}
