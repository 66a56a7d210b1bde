package dev.lgc.compiler.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;

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
   * Memory that is taken already.
   *
   * @param offset in bytes
   * @param life how much of it is taken, and when
   */
  public record Taken(long offset, Lifetime life) {}

  /**
   * Large values first, or those that are large for long, whichever takes less; each in the
   * smallest gap that is free during its whole life. Deterministic.
   */
  public static Placement of(List<Lifetime> values) {
    return beside(List.of(), values);
  }

  /** The same in memory that others use too: the peak and the lower bound are with them. */
  public static Placement beside(List<Taken> taken, List<Lifetime> values) {
    Placement large = ordered(taken, values, Lifetime::bytes);
    if (large.peak == large.lowerBound) {
      return large;
    }
    Placement lasting = ordered(taken, values, l -> l.bytes() * (l.last() - l.first() + 1));
    return lasting.peak < large.peak ? lasting : large;
  }

  /** Those with the largest {@code weight} first. */
  private static Placement ordered(
      List<Taken> taken, List<Lifetime> values, ToLongFunction<Lifetime> weight) {
    long[] weights = values.stream().mapToLong(weight).toArray();
    Integer[] order = new Integer[values.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(
        order,
        Comparator.comparingLong((Integer i) -> -weights[i])
            .thenComparingInt(i -> values.get(i).first()));
    long[] offsets = new long[values.size()];
    PlacedValues placed = new PlacedValues(taken.size() + values.size());
    taken.forEach(t -> placed.add(t.offset(), align(t.life().bytes()), t.life()));
    long peak = 0;
    List<Lifetime> all = new ArrayList<>(values);
    for (Taken t : taken) {
      peak = Math.max(peak, t.offset() + align(t.life().bytes()));
      all.add(t.life());
    }
    for (int v : order) {
      Lifetime life = values.get(v);
      long size = align(life.bytes());
      offsets[v] = placed.smallestGap(size, life);
      peak = Math.max(peak, offsets[v] + size);
      placed.add(offsets[v], size, life);
    }
    return new Placement(offsets, peak, lowerBound(all));
  }

  /** Share of the peak that no value ever needed at the busiest call. */
  public double fragmentation() {
    return peak == 0 ? 0 : 1 - (double) lowerBound / peak;
  }

  public static long align(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
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
