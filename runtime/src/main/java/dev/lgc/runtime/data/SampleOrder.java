package dev.lgc.runtime.data;

/**
 * The order in which samples are drawn: an endless sequence of epochs, each a permutation of {@code
 * [0, n)} of its own.
 *
 * <p>Position {@code p} of the sequence lies in epoch {@code p / n} at place {@code p % n}. The
 * permutation of an epoch is never stored: a four-round Feistel network over the smallest even
 * number of bits that holds {@code n}, keyed by the seed and the epoch, permutes {@code [0, 4^k)},
 * and is walked until it lands inside {@code [0, n)} (less than four steps on average). So any
 * position can be asked for at once, in constant memory, and a resumed run goes on exactly where it
 * stopped.
 *
 * @param size how many samples there are, at least 1
 * @param seed the run's seed
 * @param shuffle false for the order of the source, in every epoch
 */
public record SampleOrder(int size, long seed, boolean shuffle) {
  private static final long STREAM = 0x6f72646572L;
  private static final long INSTEAD = 0x696e7374656164L;
  private static final int ROUNDS = 4;

  public SampleOrder {
    if (size < 1) {
      throw new IllegalArgumentException("an order of " + size + " samples");
    }
  }

  /** The index of the sample that is drawn at {@code position}, 0 or more. */
  public int at(long position) {
    int place = (int) (position % size);
    if (!shuffle || size == 1) {
      return place;
    }
    long key = CounterRandom.bits(seed, STREAM, position / size);
    int half = (Long.SIZE - Long.numberOfLeadingZeros(size - 1L) + 1) / 2;
    long x = place;
    do {
      x = permute(x, half, key);
    } while (x >= size);
    return (int) x;
  }

  /**
   * The sample that is drawn at {@code position} in the place of one that cannot be read: any in a
   * shuffled order, otherwise one of the next.
   *
   * @param attempt how many others could not be read either
   */
  public int instead(long position, int attempt) {
    return shuffle
        ? CounterRandom.below(
            CounterRandom.bits(CounterRandom.bits(seed, INSTEAD, position), attempt), size)
        : (int) ((position + 1 + attempt) % size);
  }

  /** The epoch that {@code position} lies in, from 0. */
  public long epoch(long position) {
    return position / size;
  }

  private static long permute(long x, int half, long key) {
    long mask = (1L << half) - 1;
    long left = x >>> half;
    long right = x & mask;
    for (int round = 0; round < ROUNDS; round++) {
      long next = left ^ (CounterRandom.bits(key, round, right) & mask);
      left = right;
      right = next;
    }
    return left << half | right;
  }
}
