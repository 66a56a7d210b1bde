package dev.lgc.compiler.emit.jvm.contraction;

import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Constants of emitted transposers: lanes in pairs at a distance that is a power of two. */
final class Exchange {
  private Exchange() {}

  /** Every lane with the other of its pair. */
  static VectorShuffle<Float> swap(VectorSpecies<Float> species, int distance) {
    return VectorShuffle.fromOp(species, i -> i ^ distance);
  }

  /** The later lanes of all pairs. */
  static VectorMask<Float> upper(VectorSpecies<Float> species, int distance) {
    boolean[] set = new boolean[species.length()];
    for (int i = 0; i < set.length; i++) {
      set[i] = (i & distance) != 0;
    }
    return VectorMask.fromArray(species, set, 0);
  }

  /** The earlier lanes of all pairs. */
  static VectorMask<Float> lower(VectorSpecies<Float> species, int distance) {
    return upper(species, distance).not();
  }
}
