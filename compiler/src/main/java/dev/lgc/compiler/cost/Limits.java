package dev.lgc.compiler.cost;

/**
 * The highest speeds of a device.
 *
 * @param operationsPerSecond floating-point operations of F32
 * @param roundedPerSecond the same of products whose two factors are BF16, and sums of F32
 * @param bytesPerSecond to and from memory
 * @param updatedPerSecond the same of numbers that are read and written back: a processor whose
 *     memory is not the bottleneck itself, but the way to it, does both at a time
 * @param secondsPerLaunch between two kernels, at the least
 */
public record Limits(
    double operationsPerSecond,
    double roundedPerSecond,
    double bytesPerSecond,
    double updatedPerSecond,
    double secondsPerLaunch) {
  public Limits {
    if (!(operationsPerSecond > 0)
        || !(roundedPerSecond > 0)
        || !(bytesPerSecond > 0)
        || !(updatedPerSecond > 0)
        || !(secondsPerLaunch >= 0)) {
      throw new IllegalArgumentException("limits " + operationsPerSecond + ", " + bytesPerSecond);
    }
  }

  /** Of a device that has no faster instructions for BF16, and reads or writes at a time. */
  public Limits(double operationsPerSecond, double bytesPerSecond, double secondsPerLaunch) {
    this(
        operationsPerSecond, operationsPerSecond, bytesPerSecond, bytesPerSecond, secondsPerLaunch);
  }

  /** The least time for the memory of a kernel. */
  double moving(Cost kernel) {
    // An update is a read and a write: what it takes longer than the read is the write's.
    double write = Math.max(0, 2 / updatedPerSecond - 1 / bytesPerSecond);
    return (kernel.bytes() - kernel.updated()) / bytesPerSecond + kernel.updated() * write;
  }

  /** The least time for one kernel. */
  public double seconds(Cost kernel) {
    return Math.max(computing(kernel), moving(kernel)) + kernel.launches() * secondsPerLaunch;
  }

  /** The least time for one kernel whose data are in the caches of the processor. */
  public double cachedSeconds(Cost kernel) {
    return computing(kernel) + kernel.launches() * secondsPerLaunch;
  }

  private double computing(Cost kernel) {
    return (kernel.operations() - kernel.rounded()) / operationsPerSecond
        + kernel.rounded() / roundedPerSecond;
  }
}
