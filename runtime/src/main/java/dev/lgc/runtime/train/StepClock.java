package dev.lgc.runtime.train;

/** The mean time of optimizer steps, without the first ones, in which kernels are compiled. */
public final class StepClock {
  private static final int COMPILING = 3;
  private static final int ENOUGH = 5;

  private long began;
  private long nanos;
  private long steps;

  void begin() {
    began = System.nanoTime();
  }

  void end() {
    if (++steps > COMPILING) {
      nanos += System.nanoTime() - began;
    }
  }

  /** Returns true if there were enough steps to tell. */
  public boolean tells() {
    return steps() >= ENOUGH;
  }

  /** Steps that were timed. */
  public long steps() {
    return Math.max(0, steps - COMPILING);
  }

  /** Seconds of a step, data included; NaN before there was one. */
  public double seconds() {
    return nanos / 1e9 / steps();
  }
}
