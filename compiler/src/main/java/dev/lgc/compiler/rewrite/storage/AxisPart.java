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
    long after = 1;
    for (int a = split.axis() + 1; a < whole.shape().rank(); a++) {
      after *= whole.shape().dim(a);
    }
    long row = split.extent() * after;
    long at = 0;
    for (long begin = 0; begin < whole.shape().elements(); begin += row) {
      long segment = begin;
      for (int s : split.segments()) {
        long count = s / split.ranks() * after;
        taker.take(segment + rank * count, at, count);
        at += count;
        segment += s * after;
      }
    }
  }
}
