package dev.lgc.compiler.emit.jvm.contraction;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Adds up the lanes of what {@link DotKernel}s leave. */
final class LaneSums {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  static final int LANES = FLOATS.length();

  private static final VectorShuffle<Float> HALF = rotation(LANES / 2);
  private static final VectorShuffle<Float> QUARTER = rotation(LANES / 4);
  private static final VectorShuffle<Float> EIGHTH = rotation(LANES / 8);
  private static final VectorShuffle<Float> SIXTEENTH = rotation(LANES / 16);

  private LaneSums() {}

  private static VectorShuffle<Float> rotation(int by) {
    return VectorShuffle.fromOp(FLOATS, i -> (i + by) % LANES);
  }

  /** The sum of the lanes, as a tree. */
  private static float sum(FloatVector v) {
    FloatVector x = v.add(v.rearrange(HALF));
    if (LANES >= 4) {
      x = x.add(x.rearrange(QUARTER));
    }
    if (LANES >= 8) {
      x = x.add(x.rearrange(EIGHTH));
    }
    if (LANES >= 16) {
      x = x.add(x.rearrange(SIXTEENTH));
    }
    return x.lane(0);
  }

  private static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(FLOATS, Memory.ALL, address, Memory.ORDER);
  }

  /**
   * Adds up the sums of some columns of a row, as trees; {@code table} has the columns' places in
   * C. In a method of its own, for C2 does not inline so many of them beside the loops, and then
   * makes an object of every vector.
   */
  static void put(long c, long table, int columns, long sums) {
    for (int j = 0; j < columns; j++) {
      Memory.set(c + 4L * Memory.getInt(table + 4L * j), sum(load(sums + 4L * j * LANES)));
    }
  }
}
