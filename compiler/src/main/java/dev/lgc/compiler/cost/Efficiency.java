package dev.lgc.compiler.cost;

/**
 * The shares of a device's limits that a target's kernels reach.
 *
 * @param products of the operations a second, in matrix products and convolutions
 * @param functions of the same, in all else: functions are several operations each
 * @param memory of the bytes a second
 * @param launch seconds between two kernels
 */
public record Efficiency(double products, double functions, double memory, double launch) {
  /**
   * The JVM target's, on processors whose limits were measured. Fitted to the kernels of LlamaGen-B
   * and VQ-16; docs/results has what it predicts of others.
   */
  public static final Efficiency JVM = new Efficiency(0.75, 0.12, 0.95, 5e-6);

  /** The JVM target's share of limits that nobody measured, which are guessed generously. */
  public static final Efficiency OF_ASSUMED =
      new Efficiency(JVM.products / 3, JVM.functions / 3, JVM.memory / 3, JVM.launch);

  public Efficiency {
    if (!(products > 0) || !(functions > 0) || !(memory > 0) || !(launch >= 0)) {
      throw new IllegalArgumentException("shares " + products + ", " + functions + ", " + memory);
    }
  }

  /**
   * The time to expect of one kernel, where {@link Limits#seconds} is the least. Products read what
   * they then compute with, one after the other, as little of them overlaps where neither is
   * negligible; what goes through its elements once does both at a time.
   */
  public double seconds(Cost kernel, Limits limits) {
    double others = kernel.operations() - kernel.products();
    double wide = kernel.products() - kernel.rounded();
    double computing =
        (wide / products + others / functions) / limits.operationsPerSecond()
            + kernel.rounded() / products / limits.roundedPerSecond();
    double moving = limits.moving(kernel) / memory;
    double both = kernel.products() > 0 ? computing + moving : Math.max(computing, moving);
    return both + kernel.launches() * Math.max(launch, limits.secondsPerLaunch());
  }
}
