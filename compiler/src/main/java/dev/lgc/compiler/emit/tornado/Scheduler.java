package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Kernel;

/** Chooses how a kernel is computed. */
public final class Scheduler {
  private static final int ITEMS = 128;

  private Scheduler() {}

  /** The schedule of a kernel within a device's limits. */
  public static Schedule choose(Kernel kernel, DeviceLimits limits) {
    long points = Axis.positions(kernel.space());
    int items = Math.min(ITEMS, limits.groupItems());
    long groups = (points + items - 1) / items;
    return new Schedule.Points(items, (int) Math.min(groups, Integer.MAX_VALUE / items));
  }
}
