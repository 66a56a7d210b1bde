package dev.lgc.runtime.device.cpu;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Queues of numbered chunks of work, one for each thread, from which other threads may steal.
 *
 * <p>A queue is one number: the round, its first chunk, and its end. Chunks are taken by comparing
 * and setting the whole number: a thread that is late, from an earlier round, finds that it has
 * changed. So a chunk that is taken belongs to the current round, which does not end before the
 * chunk is done.
 */
final class WorkQueues {
  private static final int BITS = 20;
  private static final int MASK = (1 << BITS) - 1;

  /** Numbers of different threads are in different lines of the cache. */
  private static final int LINE = 16;

  private final int threads;
  private final AtomicLongArray left;

  WorkQueues(int threads) {
    this.threads = threads;
    left = new AtomicLongArray((threads + 1) * LINE);
  }

  /**
   * Fills the queues, when all earlier chunks are done.
   *
   * @param round another one each time
   * @param count chunks in all
   */
  void fill(int round, int count) {
    if (count > MASK) {
      throw new IllegalArgumentException(count + " chunks");
    }
    for (int t = 0; t < threads; t++) {
      long next = (long) count * t / threads;
      long end = (long) count * (t + 1) / threads;
      left.set((t + 1) * LINE, (long) round << 2 * BITS | next << BITS | end);
    }
  }

  /**
   * Takes the first quarter of a thread's own queue: many chunks while there are many, because
   * taking costs as much as a store that all others wait for; few at the end, so that others can
   * steal some.
   *
   * @return the chunks, for {@link #first} and {@link #end}; -1 if none are left
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

  /** Takes the last chunk of another thread's queue, whose start does not change. */
  long steal(int thread) {
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

  /** The first of some chunks. */
  static int first(long chunks) {
    return (int) (chunks >> BITS) & MASK;
  }

  /** The one after the last of some chunks. */
  static int end(long chunks) {
    return (int) chunks & MASK;
  }
}
