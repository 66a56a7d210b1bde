package dev.lgc.compiler.rewrite.storage;

import dev.lgc.dsl.type.TensorType;

/**
 * The part of a tensor that a rank stores, where the tensor is split along an axis: by {@link
 * dev.lgc.compiler.shard.TensorParallel}.
 *
 * @param whole the tensor as the model declares it
 */
public record AxisPart(TensorType whole, AxisSplit split) implements RankPart {
  @Override
  public TensorType type() {
    return split.local(whole);
  }

  /** Elements of the tensor that follow each other in memory and are one rank's. */
  public interface Run {
    /**
     * Takes a run.
     *
     * @param first its first element in the whole tensor, row-major
     * @param at its first element in the rank's part
     * @param count of elements
     */
    void take(long first, long at, long count);
  }

  /** Gives every run of a rank's part, in the order of the part. */
  public void runs(int rank, Run taker) {
    runs(rank, 0, type().shape().elements(), taker);
  }

  /**
   * Gives the runs of some elements of a rank's part.
   *
   * @param from the first, in the part
   * @param count how many
   */
  public void runs(int rank, long from, long count, Run taker) {
    long after = 1;
    for (int a = split.axis() + 1; a < whole.shape().rank(); a++) {
      after *= whole.shape().dim(a);
    }
    long row = split.extent() / split.ranks() * after;
    for (long r = from / row; r * row < from + count; r++) {
      long at = r * row;
      long segment = at * split.ranks();
      for (int s : split.segments()) {
        long length = s / split.ranks() * after;
        long begin = Math.max(from, at);
        long end = Math.min(from + count, at + length);
        if (begin < end) {
          taker.take(segment + rank * length + begin - at, begin, end - begin);
        }
        at += length;
        segment += s * after;
      }
    }
  }
}
