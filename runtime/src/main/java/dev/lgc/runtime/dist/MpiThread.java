package dev.lgc.runtime.dist;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The thread that makes all MPI calls. It cuts collectives into pieces and keeps several on their
 * way, so that one is added while others travel. It does not wait in MPI: it asks, and rests a
 * little if nothing has come. Making a communicator for {@link MpiSums} is the exception, once for
 * each group: all ranks come to it, as all begin the same pieces in the same order, and MPI gets on
 * with what is under way meanwhile.
 *
 * <p>Its scratch memory is {@link #SLOTS} times {@link #SCRATCH} bytes, 8 MiB, whatever the number
 * of ranks and the size of tensors.
 */
final class MpiThread {
  /** Pieces on their way. */
  static final int SLOTS = 16;

  /** Bytes of scratch memory of a piece. */
  static final int SCRATCH = 512 << 10;

  /** Questions in vain before it rests. */
  private static final int EAGER = 200;

  private static final int REST_NANOS = 20_000;
  private static final int LONGEST_REST_NANOS = 200_000;

  private final Mpi mpi;
  private final Thread thread;
  private final CompletableFuture<int[]> met = new CompletableFuture<>();
  private final ConcurrentLinkedQueue<CollectiveJob> jobs = new ConcurrentLinkedQueue<>();

  /** Makes the last call; null as long as there are others. */
  private volatile Runnable last;

  /** True if it waits for nothing. */
  private volatile boolean urgent;

  private int begun;

  /**
   * Starts the thread.
   *
   * @param failed is told what MPI throws after all have met
   */
  MpiThread(Mpi mpi, Consumer<Throwable> failed) {
    this.mpi = mpi;
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("lgc-mpi")
            .uncaughtExceptionHandler((_, e) -> failed.accept(e))
            .start(this::run);
  }

  /**
   * This process's rank and the number of ranks, as soon as all have met.
   *
   * @throws MpiMissing if MPI does not start; the thread has ended then
   */
  int[] meet() throws MpiMissing {
    try {
      return met.get();
    } catch (ExecutionException e) {
      throw new MpiMissing(mpi.name() + " does not start: " + e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  void submit(CollectiveJob job) {
    jobs.add(job);
    LockSupport.unpark(thread);
  }

  /**
   * Ends this thread by a last call of MPI, when no piece is on its way, or at once.
   *
   * @param millis to wait for the end at most
   */
  void end(Runnable call, boolean atOnce, long millis) {
    CompletableFuture<Void> over = new CompletableFuture<>();
    urgent = atOnce;
    last =
        () -> {
          call.run();
          over.complete(null);
        };
    LockSupport.unpark(thread);
    try {
      over.get(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      return; // the process is about to end in any case
    }
  }

  private void run() {
    List<Piece> slots;
    try {
      mpi.init();
      int[] place = {mpi.rank(), mpi.size()};
      slots = slots(place[1]);
      met.complete(place);
    } catch (RuntimeException | Error e) {
      met.completeExceptionally(e);
      return;
    }
    work(slots);
  }

  private void work(List<Piece> slots) {
    int idle = 0;
    while (true) {
      boolean moved = begin(slots);
      boolean busy = false;
      for (Piece p : slots) {
        if (!p.isFree()) {
          moved |= p.advance();
          busy |= !p.isFree();
        }
      }
      Runnable call = last;
      if (call != null && (urgent || !busy && jobs.isEmpty())) {
        call.run();
        return;
      }
      idle = moved ? 0 : idle + 1;
      rest(busy, idle);
    }
  }

  private void rest(boolean busy, int idle) {
    if (!busy && jobs.isEmpty()) {
      if (last == null) {
        LockSupport.park(this);
      }
    } else if (idle > EAGER) {
      LockSupport.parkNanos(this, Math.min(LONGEST_REST_NANOS, (long) REST_NANOS * (idle / EAGER)));
    } else if (idle > 0) {
      Thread.yield(); // to a rank that computes on this core
    }
  }

  private List<Piece> slots(int size) {
    TreeSum sum = new TreeSum(size);
    MpiSums library = new MpiSums(mpi);
    List<Piece> slots = new ArrayList<>();
    long requests = 2L * size * mpi.requestBytes();
    for (int i = 0; i < SLOTS && size > 1; i++) {
      Arena arena = Arena.global();
      MemorySegment scratch = arena.allocate(SCRATCH, 64);
      slots.add(new Piece(mpi, sum, library, scratch, arena.allocate(requests, 8)));
    }
    return slots;
  }

  /** Begins as many pieces as there are free slots. Returns true if there was any. */
  private boolean begin(List<Piece> slots) {
    boolean any = false;
    for (Piece p : slots) {
      if (p.isFree()) {
        CollectiveJob job = next();
        if (job == null) {
          return any;
        }
        p.begin(job, begun++ & Integer.MAX_VALUE);
        job.next();
        any = true;
      }
    }
    return any;
  }

  /** The first job that has a piece left to be begun, or null. */
  private CollectiveJob next() {
    for (CollectiveJob job = jobs.peek(); job != null; job = jobs.peek()) {
      if (!job.isCut()) {
        return job;
      }
      jobs.remove();
      job.finish();
    }
    return null;
  }
}
