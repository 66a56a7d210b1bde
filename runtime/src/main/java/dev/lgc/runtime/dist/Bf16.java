package dev.lgc.runtime.dist;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** BF16 as it is sent: the upper half of an F32, so an F32 of the same value is exact. */
final class Bf16 {
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(INTS.vectorBitSize() / 2));
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Bf16() {}

  /**
   * Writes numbers of BF16 as F32.
   *
   * @param from address of the first; the results are elsewhere
   * @param to address of its result
   */
  static void widen(long from, long to, long elements) {
    long whole = elements - elements % INTS.length();
    for (long i = 0; i < whole; i += INTS.length()) {
      ShortVector x = ShortVector.fromMemorySegment(SHORTS, ALL, from + 2 * i, ORDER);
      ((IntVector) x.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
          .lanewise(VectorOperators.LSHL, Short.SIZE)
          .intoMemorySegment(ALL, to + 4 * i, ORDER);
    }
    for (long i = whole; i < elements; i++) {
      int upper = ALL.get(JAVA_SHORT_UNALIGNED, from + 2 * i) << Short.SIZE;
      ALL.set(JAVA_FLOAT_UNALIGNED, to + 4 * i, Float.intBitsToFloat(upper));
    }
  }
}
