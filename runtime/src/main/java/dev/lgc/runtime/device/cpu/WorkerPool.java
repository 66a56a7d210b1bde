package dev.lgc.runtime.device.cpu;

import dev.lgc.compiler.emit.jvm.KernelCode;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed number of threads, the caller among them, that share out the units of a kernel. They wait
 * for the next kernel spinning a little while before they sleep: kernels follow each other within
 * microseconds.
 *
 * <p>Each thread has a queue of {@link #CHUNKS} chunks of the units, and steals chunks from other
 * queues when its own is empty. So no thread waits for one that the system runs late, or that is on
 * a slower core; and if all are equally fast, each has the same units of one kernel after another,
 * and finds their data in its cache.
 */
final class WorkerPool implements AutoCloseable {
  /** Nanoseconds that a thread spins before it sleeps. */
  private static final long SPIN_NANOS = 50_000;

  /** Chunks in each thread's queue. */
  private static final int CHUNKS = 32;

  private final Worker[] workers;
  private final long[] scratch;
  private final WorkQueues queues;
  private final Optional<CoreAffinity> cores;

  // What is to be done: written by the caller before it fills the queues, and read by whoever has
  // taken a chunk.
  private KernelCode code;
  private int phase;
  private long[] buffers;
  private long shared;
  private long units;
  private int parts;

  /** Chunks that are not done yet. */
  private final AtomicInteger open = new AtomicInteger();

  private volatile int round;
  private volatile boolean closed;
  private volatile Thread caller;
  private volatile Throwable failure;

  WorkerPool(int threads) {
    scratch = new long[threads];
    queues = new WorkQueues(threads);
    cores = CoreAffinity.of(threads);
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
      workers[i].start();
    }
  }

  int threads() {
    return scratch.length;
  }

  /** Gives a thread (0 is the caller) its scratch memory. Not while a kernel runs. */
  void scratch(int thread, long address) {
    scratch[thread] = address;
  }

  /** Before a caller runs some kernels, one after the other. */
  void begin() {
    if (cores.isPresent()) {
      cores.get().keep(0);
    }
  }

  /** After them. */
  void end() {
    if (cores.isPresent()) {
      cores.get().release();
    }
  }

  /** Runs a phase in the caller alone. */
  void runAlone(KernelCode code, int phase, long[] buffers, long shared, long units) {
    code.run(phase, buffers, shared, scratch[0], 0, units);
  }

  /** Runs a phase with all threads, and returns when it is done. */
  void run(KernelCode code, int phase, long[] buffers, long shared, long units) {
    if (workers.length == 0 || units == 1) {
      runAlone(code, phase, buffers, shared, units);
      return;
    }
    this.code = code;
    this.phase = phase;
    this.buffers = buffers;
    this.shared = shared;
    this.units = units;
    parts = (int) Math.min(units, (long) CHUNKS * scratch.length);
    failure = null;
    caller = Thread.currentThread();
    open.set(parts);
    int next = round + 1; // only the caller writes it
    queues.fill(next, parts);
    round = next;
    for (Worker w : workers) {
      w.wake();
    }
    work(0);
    await();
    Throwable t = failure;
    if (t != null) {
      failure = null;
      if (t instanceof Error e) {
        throw e;
      }
      throw (RuntimeException) t;
    }
  }

  /**
   * Does chunks until none are left: a thread's own, then stolen ones of the threads after it. It
   * counts them at the end only, so that threads do not contend for one counter.
   */
  private void work(int thread) {
    int done = 0;
    for (long some = queues.take(thread); some >= 0; some = queues.take(thread)) {
      done += work(thread, some);
    }
    for (int i = 1; i < scratch.length; i++) {
      int other = (thread + i) % scratch.length;
      for (long one = queues.steal(other); one >= 0; one = queues.steal(other)) {
        done += work(thread, one);
      }
    }
    if (done > 0 && open.addAndGet(-done) == 0 && thread != 0) {
      LockSupport.unpark(caller);
    }
  }

  /** Does some chunks, and returns how many. */
  private int work(int thread, long some) {
    int first = WorkQueues.first(some);
    int end = WorkQueues.end(some);
    try {
      code.run(phase, buffers, shared, scratch[thread], units * first / parts, units * end / parts);
    } catch (Throwable t) {
      failure = t;
    }
    return end - first;
  }

  private void await() {
    if (open.get() == 0) {
      return;
    }
    long start = System.nanoTime();
    while (open.get() != 0) {
      Thread.onSpinWait();
      if (System.nanoTime() - start > SPIN_NANOS) {
        LockSupport.parkNanos(this, 1_000_000);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Worker w : workers) {
      w.wake();
    }
    for (Worker w : workers) {
      boolean interrupted = false;
      while (true) {
        try {
          w.thread.join();
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

  private final class Worker implements Runnable {
    private final int number;
    private final Thread thread;
    private volatile boolean asleep;

    Worker(int number) {
      this.number = number;
      thread = Thread.ofPlatform().daemon().name("lgc-worker-" + number).unstarted(this);
    }

    void start() {
      thread.start();
    }

    void wake() {
      if (asleep) {
        LockSupport.unpark(thread);
      }
    }

    @Override
    public void run() {
      cores.ifPresent(c -> c.keep(number));
      int done = 0;
      while (true) {
        int next = await(done);
        if (closed) {
          return;
        }
        done = next;
        work(number);
      }
    }

    /** Waits for a round after {@code done}. */
    private int await(int done) {
      long start = System.nanoTime();
      while (round == done && !closed) {
        Thread.onSpinWait();
        if (System.nanoTime() - start > SPIN_NANOS) {
          asleep = true;
          if (round == done && !closed) {
            LockSupport.park(WorkerPool.this);
          }
          asleep = false;
        }
      }
      return round;
    }
  }
}
