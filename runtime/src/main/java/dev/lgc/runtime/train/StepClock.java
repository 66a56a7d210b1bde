package dev.lgc.runtime.train;

import dev.lgc.runtime.dist.CollectiveSeconds;
import java.util.LongSummaryStatistics;
import java.util.function.Supplier;

/** The mean time of optimizer steps, without the first ones, in which kernels are compiled. */
public final class StepClock {
  private static final int COMPILING = 3;
  private static final int ENOUGH = 5;

  private final Supplier<CollectiveSeconds> soFar;
  private long began;
  private CollectiveSeconds before = CollectiveSeconds.NONE;
  private long nanos;
  private CollectiveSeconds collectives = CollectiveSeconds.NONE;
  private long steps;

  /** Nanoseconds for which each checkpoint has held up the next step. */
  private final LongSummaryStatistics held = new LongSummaryStatistics();

  /**
   * A clock at 0.
   *
   * @param soFar the time that this rank's collectives have taken so far
   */
  StepClock(Supplier<CollectiveSeconds> soFar) {
    this.soFar = soFar;
  }

  void begin() {
    before = soFar.get();
    began = System.nanoTime();
  }

  void end() {
    if (++steps > COMPILING) {
      nanos += System.nanoTime() - began;
      collectives = collectives.plus(soFar.get().minus(before));
    }
  }

  /** Notes that a checkpoint has held up the next step, while it was copied or written. */
  void held(long nanosOfCheckpoint) {
    held.accept(nanosOfCheckpoint);
  }

  /** Checkpoints that were begun between steps. */
  public long checkpoints() {
    return held.getCount();
  }

  /** The shortest and the longest time for which one of them held up the next step, in seconds. */
  public double[] heldSeconds() {
    return new double[] {held.getMin() / 1e9, held.getMax() / 1e9};
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

  /** The time of a step's collectives; none where there is one rank. */
  public CollectiveSeconds collectives() {
    return collectives.over(steps());
  }
}
