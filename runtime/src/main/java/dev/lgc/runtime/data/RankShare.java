package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;

/**
 * The share that one rank of a run has in its samples. A step has {@code ranks * batches} batches
 * of equal size; a rank has the {@code batches} neighbouring ones from {@code rank * batches} on.
 *
 * @param rank of the process, from 0
 * @param ranks processes of the run
 * @param batches that each of them has of a step
 */
public record RankShare(int rank, int ranks, int batches) {
  /** Everything, in order. */
  public static final RankShare WHOLE = new RankShare(0, 1, 1);

  public RankShare {
    if (rank < 0 || rank >= ranks || batches < 1) {
      throw new IllegalArgumentException(
          Text.format("rank %d of %d with %d batches", rank, ranks, batches));
    }
  }

  /**
   * The first sample of a batch of this rank.
   *
   * @param start the first sample of some step
   * @param n batches that the rank has had since then
   * @param size samples in a batch
   */
  long first(long start, long n, int size) {
    long step = n / batches;
    long batch = step * batches * ranks + (long) rank * batches + n % batches;
    return start + batch * size;
  }

  /**
   * Samples that all ranks have had once each has had some batches.
   *
   * @param n batches of each
   * @param size samples in a batch
   */
  long samples(long n, int size) {
    return n * size * ranks;
  }
}
