package dev.lgc.runtime.dist;

import java.util.concurrent.CountDownLatch;

/** A collective in progress. It is cut into pieces, and counts those that are on their way. */
final class CollectiveJob implements Pending {
  private final CollectiveMemory memory;
  private final long maxPieceBytes;
  private final boolean byLibrary;
  private final CollectiveClock clock;
  private final CountDownLatch done = new CountDownLatch(1);

  private int tensor;
  private long at;
  private int inFlight;

  /** A job over more than one rank. */
  CollectiveJob(CollectiveMemory memory, long maxPieceBytes, CollectiveClock clock) {
    this(memory, maxPieceBytes, false, clock);
  }

  private CollectiveJob(
      CollectiveMemory memory, long maxPieceBytes, boolean byLibrary, CollectiveClock clock) {
    this.memory = memory;
    this.maxPieceBytes = maxPieceBytes;
    this.byLibrary = byLibrary;
    this.clock = clock;
    skipEmpty();
    clock.begins();
  }

  /** A sum that the MPI library adds up, each tensor whole. */
  static CollectiveJob ofLibrary(CollectiveMemory memory, CollectiveClock clock) {
    return new CollectiveJob(memory, Long.MAX_VALUE, true, clock);
  }

  /** True if the MPI library adds up. */
  boolean isByLibrary() {
    return byLibrary;
  }

  CollectiveMemory memory() {
    return memory;
  }

  /** The number of the tensor from which the next piece is cut. */
  int tensor() {
    return tensor;
  }

  /** The offset of the next piece in the operand, or in each block of it, in bytes. */
  long at() {
    return at;
  }

  /** The length of the next piece, in bytes of the operand. */
  long bytes() {
    return Math.min(maxPieceBytes, length() - at);
  }

  private long length() {
    return memory.bytes(tensor);
  }

  /** True if no piece is left to be begun. */
  boolean isCut() {
    return tensor == memory.from().size();
  }

  /** Goes on to the next piece, as this one is on its way. */
  void next() {
    inFlight++;
    at += bytes();
    if (at == length()) {
      at = 0;
      tensor++;
      skipEmpty();
    }
  }

  private void skipEmpty() {
    while (!isCut() && length() == 0) {
      tensor++;
    }
  }

  /** Notes that a piece has arrived. */
  void pieceDone() {
    inFlight--;
    finish();
  }

  /** Wakes those who wait for it, if it is over. */
  void finish() {
    if (isCut() && inFlight == 0 && done.getCount() > 0) {
      clock.ends();
      done.countDown();
    }
  }

  /** Waits whether or not it is interrupted: until the end, MPI and sums write to the memory. */
  @Override
  public void await() {
    if (done.getCount() == 0) {
      return;
    }
    long began = System.nanoTime();
    awaitEnd();
    clock.waited(System.nanoTime() - began);
  }

  private void awaitEnd() {
    boolean interrupted = false;
    while (true) {
      try {
        done.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
