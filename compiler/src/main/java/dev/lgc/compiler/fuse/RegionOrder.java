package dev.lgc.compiler.fuse;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A region's place among the regions of a graph: what it needs of others. A region is higher than
 * all that depend on it, so a search for a cycle ends where heights fall below what is looked for.
 *
 * <pre>
 * norm (height 1) --x--> projection (height 0): projection.dependsOn(norm)
 * </pre>
 */
final class RegionOrder {
  /** The kernels that it stands for: one, or none for a collective. */
  private final int kernels;

  private int height;

  /** The most kernels of others on a way to a region that depends on this one. */
  private int kernelHeight;

  /** Regions that store what this one loads, as far as they are known. */
  private final Set<RegionOrder> producers = new LinkedHashSet<>();

  /**
   * @param kernels 1 for a region, 0 for a collective
   */
  RegionOrder(int kernels) {
    this.kernels = kernels;
  }

  int height() {
    return height;
  }

  /** The height of the region in a graph without collectives. */
  int kernelHeight() {
    return kernelHeight;
  }

  /** Notes that other regions need what this one stores. */
  void precede(List<RegionOrder> consumers) {
    int least = 0;
    int leastKernels = 0;
    for (RegionOrder c : consumers) {
      c.producers.add(this);
      least = Math.max(least, c.height + 1);
      leastKernels = Math.max(leastKernels, c.kernelHeight + c.kernels);
    }
    raise(least, leastKernels);
  }

  /** Returns true if this region needs, perhaps through others, what another computes. */
  boolean dependsOn(RegionOrder other) {
    Set<RegionOrder> seen = new HashSet<>();
    List<RegionOrder> todo = new ArrayList<>(List.of(this));
    while (!todo.isEmpty()) {
      for (RegionOrder p : todo.removeLast().producers) {
        if (p == other) {
          return true;
        }
        // Heights fall on the way from a producer to what needs it.
        if (p.height < other.height && seen.add(p)) {
          todo.add(p);
        }
      }
    }
    return false;
  }

  /** Makes it at least so high, and what it needs higher. */
  private void raise(int least, int leastKernels) {
    List<RegionOrder> todo = new ArrayList<>();
    if (height < least || kernelHeight < leastKernels) {
      height = Math.max(height, least);
      kernelHeight = Math.max(kernelHeight, leastKernels);
      todo.add(this);
    }
    while (!todo.isEmpty()) {
      RegionOrder r = todo.removeLast();
      int above = r.kernelHeight + r.kernels;
      for (RegionOrder p : r.producers) {
        if (p.height <= r.height || p.kernelHeight < above) {
          p.height = Math.max(p.height, r.height + 1);
          p.kernelHeight = Math.max(p.kernelHeight, above);
          todo.add(p);
        }
      }
    }
  }
}
