package dev.lgc.compiler.emit.jvm;

import jdk.incubator.vector.VectorShape;

/**
 * What schedules need to know of a machine.
 *
 * @param lanes F32 lanes of its preferred vectors; 1 for scalar code only
 * @param masks whether loads and stores under a mask are instructions
 * @param threads that share a kernel
 */
public record Machine(int lanes, boolean masks, int threads) {
  public Machine {
    if (Integer.bitCount(lanes) != 1 || lanes > 16 || lanes == 2 || threads < 1) {
      throw new IllegalArgumentException(lanes + " lanes, " + threads + " threads");
    }
  }

  /** This machine. */
  public static Machine host(int threads) {
    int bits = VectorShape.preferredShape().vectorBitSize();
    return new Machine(Math.clamp(bits / 32, 4, 16), bits >= 256, threads);
  }

  /** Scalar code: the same on every machine. */
  public static Machine scalar(int threads) {
    return new Machine(1, false, threads);
  }
}
