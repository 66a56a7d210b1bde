package dev.lgc.compiler.cost;

/**
 * How fast a device is at best.
 *
 * @param operationsPerSecond floating-point operations
 * @param bytesPerSecond to and from memory
 * @param secondsPerLaunch between two kernels
 */
public record Limits(double operationsPerSecond, double bytesPerSecond, double secondsPerLaunch) {
  public Limits {
    if (!(operationsPerSecond > 0) || !(bytesPerSecond > 0) || !(secondsPerLaunch >= 0)) {
      throw new IllegalArgumentException("limits " + operationsPerSecond + ", " + bytesPerSecond);
    }
  }

  /** The least time for one kernel. */
  public double seconds(Cost kernel) {
    return Math.max(kernel.operations() / operationsPerSecond, kernel.bytes() / bytesPerSecond)
        + kernel.launches() * secondsPerLaunch;
  }
}
