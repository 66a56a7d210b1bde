package dev.lgc.runtime.device.cpu.dnnl;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Dense results that parts leave in shared memory, one after the other, and that are added in that
 * order.
 *
 * @param buffer the kernel's buffer that gets the sum
 * @param offset of the sum in the buffer, in elements
 * @param elements of the sum
 * @param count of results
 */
record PartialSums(int buffer, long offset, long elements, int count) {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Elements of a unit. */
  private static final long UNIT = 16384;

  long units() {
    return (elements + UNIT - 1) / UNIT;
  }

  /** Elements from one result to the next. */
  long pitch() {
    return (elements + 15) & -16;
  }

  long bytes() {
    return 4 * pitch() * count;
  }

  void add(long[] buffers, long shared, long from, long to) {
    long first = from * UNIT;
    long end = Math.min(elements, to * UNIT);
    long target = buffers[buffer] + 4 * offset;
    long step = 4 * pitch();
    for (long i = first; i < end; i += FLOATS.length()) {
      VectorMask<Float> live = FLOATS.indexInRange(i, end);
      long at = shared + 4 * i;
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER, live);
      for (int p = 1; p < count; p++) {
        at += step;
        sum = sum.add(FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER, live));
      }
      sum.intoMemorySegment(ALL, target + 4 * i, ORDER, live);
    }
  }
}
