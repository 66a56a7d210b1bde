package dev.lgc.runtime.train;

import dev.lgc.runtime.dist.CollectiveSeconds;
import dev.lgc.runtime.dist.Ranks;

/** The mean time of optimizer steps, without the first ones, in which kernels are compiled. */
public final class StepClock {
  private static final int COMPILING = 3;
  private static final int ENOUGH = 5;

  private final Ranks ranks;
  private long began;
  private CollectiveSeconds before = CollectiveSeconds.NONE;
  private long nanos;
  private CollectiveSeconds collectives = CollectiveSeconds.NONE;
  private long steps;

  StepClock(Ranks ranks) {
    this.ranks = ranks;
  }

  void begin() {
    before = ranks.collectives();
    began = System.nanoTime();
  }

  void end() {
    if (++steps > COMPILING) {
      nanos += System.nanoTime() - began;
      collectives = collectives.plus(ranks.collectives().minus(before));
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

  /** The time of a step's collectives; none where there is one rank. */
  public CollectiveSeconds collectives() {
    return collectives.over(steps());
  }
}
