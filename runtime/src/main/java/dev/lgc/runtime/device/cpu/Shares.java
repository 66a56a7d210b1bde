package dev.lgc.runtime.device.cpu;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Numbered shares of some work, a run of them for each thread, of which any thread may take some.
 *
 * <p>What is left of a run is one number: the round, the next share, and the end. It is taken by
 * comparing the whole: a thread that comes late, from an earlier round, finds that it has changed.
 * So a share that was taken is of the round that goes on, which does not end before the share is
 * done.
 */
final class Shares {
  private static final int BITS = 20;
  private static final int MASK = (1 << BITS) - 1;

  /** Numbers of different threads are in different lines of the cache. */
  private static final int LINE = 16;

  private final int threads;
  private final AtomicLongArray left;

  Shares(int threads) {
    this.threads = threads;
    left = new AtomicLongArray((threads + 1) * LINE);
  }

  /**
   * Hands out shares, when all earlier ones are done.
   *
   * @param round another one each time
   * @param count shares in all
   */
  void hand(int round, int count) {
    if (count > MASK) {
      throw new IllegalArgumentException(count + " shares");
    }
    for (int t = 0; t < threads; t++) {
      long next = (long) count * t / threads;
      long end = (long) count * (t + 1) / threads;
      left.set((t + 1) * LINE, (long) round << 2 * BITS | next << BITS | end);
    }
  }

  /**
   * Takes the first quarter of what is left of a thread's own run: much while there is much to do,
   * for taking costs as much as a store that all others wait for; little at the end, so that there
   * is something for others to take.
   *
   * @return the shares, for {@link #first} and {@link #end}; -1 where there are none left
   */
  long take(int thread) {
    while (true) {
      long all = left.get((thread + 1) * LINE);
      int first = first(all);
      int end = end(all);
      if (first >= end) {
        return -1;
      }
      int count = (end - first + 3) / 4;
      if (left.compareAndSet((thread + 1) * LINE, all, all + ((long) count << BITS))) {
        return (long) first << BITS | first + count;
      }
    }
  }

  /** Takes the last share of another thread's run, which goes on where it is. */
  long takeLast(int thread) {
    while (true) {
      long all = left.get((thread + 1) * LINE);
      int end = end(all);
      if (first(all) >= end) {
        return -1;
      }
      if (left.compareAndSet((thread + 1) * LINE, all, all - 1)) {
        return end - 1L << BITS | end;
      }
    }
  }

  /** The first of some shares. */
  static int first(long shares) {
    return (int) (shares >> BITS) & MASK;
  }

  /** The one after the last of some shares. */
  static int end(long shares) {
    return (int) shares & MASK;
  }
}
