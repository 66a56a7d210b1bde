package dev.lgc.compiler.emit.jvm;

/**
 * A machine, as far as schedules depend on it.
 *
 * @param lanes F32 lanes of its preferred vectors; 1 for scalar code only
 * @param masks whether loads and stores under a mask are instructions
 * @param threads that share a kernel
 * @param alone whether one thread runs all units of a kernel, while others run the same kernel on
 *     other data: to divide it gains nothing
 */
public record Machine(int lanes, boolean masks, int threads, boolean alone) {
  public Machine(int lanes, boolean masks, int threads) {
    this(lanes, masks, threads, false);
  }

  public Machine {
    if (Integer.bitCount(lanes) != 1 || lanes > 16 || lanes == 2 || threads < 1) {
      throw new IllegalArgumentException(lanes + " lanes, " + threads + " threads");
    }
  }

  /** The same for a kernel that each thread runs by itself. */
  public Machine byThread() {
    return new Machine(lanes, masks, threads, true);
  }

  /** This machine. */
  public static Machine host(int threads) {
    int bits = HostVectors.bits();
    return new Machine(Math.clamp(bits / 32, 4, 16), bits >= 256, threads);
  }

  /** Scalar code: the same on every machine. */
  public static Machine scalar(int threads) {
    return new Machine(1, false, threads);
  }
}
