package dev.lgc.compiler.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Offsets for values with lifetimes.
 *
 * @param offsets in bytes, one per value
 * @param peak bytes needed
 * @param lowerBound most bytes alive at one call: no placement needs less
 */
public record Placement(long[] offsets, long peak, long lowerBound) {
  /** Offsets are multiples of this. */
  public static final long ALIGNMENT = 64;

  /**
   * Large values first, each in the smallest gap that is free during its whole life. Deterministic.
   */
  public static Placement of(List<Lifetime> values) {
    Integer[] order = new Integer[values.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(
        order,
        Comparator.comparingLong((Integer i) -> -values.get(i).bytes())
            .thenComparingInt(i -> values.get(i).first()));
    long[] offsets = new long[values.size()];
    List<Integer> placed = new ArrayList<>();
    long peak = 0;
    for (int v : order) {
      long size = align(values.get(v).bytes());
      long best = -1;
      long bestGap = Long.MAX_VALUE;
      long free = 0;
      for (int p : placed) {
        if (values.get(p).overlaps(values.get(v))) {
          long gap = offsets[p] - free;
          if (gap >= size && gap < bestGap) {
            best = free;
            bestGap = gap;
          }
          free = Math.max(free, offsets[p] + align(values.get(p).bytes()));
        }
      }
      offsets[v] = best >= 0 ? best : free;
      peak = Math.max(peak, offsets[v] + size);
      insert(placed, v, offsets);
    }
    return new Placement(offsets, peak, lowerBound(values));
  }

  /** Share of the peak that no value ever needed at the busiest call. */
  public double fragmentation() {
    return peak == 0 ? 0 : 1 - (double) lowerBound / peak;
  }

  public static long align(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Keeps {@code placed} ordered by offset. */
  private static void insert(List<Integer> placed, int v, long[] offsets) {
    int low = 0;
    int high = placed.size();
    while (low < high) {
      int middle = (low + high) / 2;
      if (offsets[placed.get(middle)] <= offsets[v]) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    placed.add(low, v);
  }

  /** Most bytes alive at one call. */
  public static long lowerBound(List<Lifetime> values) {
    int calls = values.stream().mapToInt(Lifetime::last).max().orElse(-1) + 2;
    long[] change = new long[calls];
    for (Lifetime l : values) {
      change[l.first()] += align(l.bytes());
      change[l.last() + 1] -= align(l.bytes());
    }
    long alive = 0;
    long most = 0;
    for (long c : change) {
      alive += c;
      most = Math.max(most, alive);
    }
    return most;
  }
}
