package dev.lgc.runtime.dist;

import dev.lgc.compiler.op.Collective;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The ranks of a run, seen from one of them. All ranks make the same calls of {@link #start} and
 * {@link #gather} in the same order. One thread at a time may call.
 */
public interface Ranks extends AutoCloseable {
  /** The exit code of all ranks when one is lost. */
  int LOST = 4;

  /** This process's number, from 0. */
  int rank();

  /** Number of ranks of the run. */
  int size();

  /**
   * Begins a collective over dense tensors in native memory, and returns at once. Until {@link
   * Pending#await} has returned, nobody may write what is read, nor touch what is written.
   *
   * <p>Tensor {@code i} of the result may lie where tensor {@code i} of the operands lies: at the
   * same address for a sum on all ranks; for the others the rank's own block of the larger tensor
   * may be the smaller tensor. Otherwise results overlap nothing.
   *
   * @param from operands of this rank; several tensors are as good as several calls, and faster
   * @param to results on this rank, as many; their sizes follow from the operands'
   * @throws IllegalArgumentException if memory does not fit the collective, or the run's ranks are
   *     no whole groups
   */
  Pending start(Collective op, List<MemorySegment> from, List<MemorySegment> to);

  /**
   * Leaves sums to the library that connects the ranks, in an order of its own, from here on; where
   * there is none they stay as they are.
   */
  default void addByLibrary() {}

  /** The time of the collectives so far that {@link #start} began. */
  default CollectiveSeconds collectives() {
    return CollectiveSeconds.NONE;
  }

  /**
   * The bytes that every rank gives, by rank; waits for all of them. For losses, agreement,
   * messages: as long as a rank likes, and of another length on each.
   */
  byte[][] gather(byte[] mine);

  /** Tells the others where this rank is, for the message that says which rank was lost. */
  default void progress(long step, String doing) {}

  /**
   * Ends all ranks, after saying why on standard error. Does not return.
   *
   * @param code exit code of this process, not 0
   */
  void abort(String why, int code);

  /**
   * Waits until all ranks have come to an end. A rank that an exception ends must not wait for the
   * others, who wait for it: it calls {@link #abort}.
   */
  @Override
  void close();
}
