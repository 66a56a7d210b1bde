package dev.lgc.compiler.cost;

/**
 * How fast a device is at best.
 *
 * @param operationsPerSecond floating-point operations of F32
 * @param roundedPerSecond the same of products whose two factors are BF16, and sums of F32
 * @param bytesPerSecond to and from memory
 * @param secondsPerLaunch between two kernels
 */
public record Limits(
    double operationsPerSecond,
    double roundedPerSecond,
    double bytesPerSecond,
    double secondsPerLaunch) {
  public Limits {
    if (!(operationsPerSecond > 0)
        || !(roundedPerSecond > 0)
        || !(bytesPerSecond > 0)
        || !(secondsPerLaunch >= 0)) {
      throw new IllegalArgumentException("limits " + operationsPerSecond + ", " + bytesPerSecond);
    }
  }

  /** Of a device that has no faster instructions for BF16. */
  public Limits(double operationsPerSecond, double bytesPerSecond, double secondsPerLaunch) {
    this(operationsPerSecond, operationsPerSecond, bytesPerSecond, secondsPerLaunch);
  }

  /** The least time for one kernel. */
  public double seconds(Cost kernel) {
    double computing =
        (kernel.operations() - kernel.rounded()) / operationsPerSecond
            + kernel.rounded() / roundedPerSecond;
    return Math.max(computing, kernel.bytes() / bytesPerSecond)
        + kernel.launches() * secondsPerLaunch;
  }
}
