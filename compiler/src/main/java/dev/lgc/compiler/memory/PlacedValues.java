package dev.lgc.compiler.memory;

import java.util.Arrays;

/**
 * Values that have places, by offset. All of them are looked at for every further one, so they are
 * in arrays.
 */
final class PlacedValues {
  private final long[] offsets;
  private final long[] ends;
  private final int[] firsts;
  private final int[] lasts;
  private int count;

  /**
   * None yet.
   *
   * @param most that there may be
   */
  PlacedValues(int most) {
    offsets = new long[most];
    ends = new long[most];
    firsts = new int[most];
    lasts = new int[most];
  }

  /**
   * Adds a value, after those of the same offset.
   *
   * @param size bytes that are kept for it
   */
  void add(long offset, long size, Lifetime life) {
    int at = Arrays.binarySearch(offsets, 0, count, offset);
    at = at < 0 ? -at - 1 : at;
    while (at < count && offsets[at] == offset) {
      at++;
    }
    int after = count - at;
    System.arraycopy(offsets, at, offsets, at + 1, after);
    System.arraycopy(ends, at, ends, at + 1, after);
    System.arraycopy(firsts, at, firsts, at + 1, after);
    System.arraycopy(lasts, at, lasts, at + 1, after);
    offsets[at] = offset;
    ends[at] = offset + size;
    firsts[at] = life.first();
    lasts[at] = life.last();
    count++;
  }

  /**
   * The beginning of the smallest gap that has room for a value and is free during its whole life;
   * the end of all others, if there is none.
   *
   * @param size bytes that are to be kept for it
   */
  long smallestGap(long size, Lifetime life) {
    int first = life.first();
    int last = life.last();
    long best = -1;
    long bestGap = Long.MAX_VALUE;
    long free = 0;
    for (int i = 0; i < count; i++) {
      if (firsts[i] <= last && first <= lasts[i]) {
        long gap = offsets[i] - free;
        if (gap >= size && gap < bestGap) {
          best = free;
          bestGap = gap;
        }
        free = Math.max(free, ends[i]);
      }
    }
    return best >= 0 ? best : free;
  }
}
