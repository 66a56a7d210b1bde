package dev.lgc.runtime.device.cpu;

import dev.lgc.compiler.emit.jvm.KernelCode;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed number of threads, the caller among them, that share out the units of a kernel. They wait
 * for the next kernel spinning a little while before they sleep: kernels follow each other within
 * microseconds.
 */
final class WorkerPool implements AutoCloseable {
  /** How long to spin before sleeping. */
  private static final long SPIN_NANOS = 50_000;

  private final Worker[] workers;
  private final AtomicInteger running = new AtomicInteger();
  private final long[] scratch;

  // What is to be done: written by the caller before it raises the round, read by workers after
  // they see it.
  private KernelCode code;
  private int phase;
  private long[] buffers;
  private long shared;
  private long units;
  private volatile int round;
  private volatile boolean closed;
  private volatile Thread caller;
  private volatile Throwable failure;

  WorkerPool(int threads) {
    scratch = new long[threads];
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
    failure = null;
    caller = Thread.currentThread();
    running.set(workers.length);
    int next = round + 1; // only the caller writes it
    round = next;
    for (Worker w : workers) {
      w.wake();
    }
    try {
      share(0);
    } catch (Throwable t) {
      failure = t;
    }
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

  private void share(int thread) {
    int threads = scratch.length;
    long from = units * thread / threads;
    long to = units * (thread + 1) / threads;
    if (from < to) {
      code.run(phase, buffers, shared, scratch[thread], from, to);
    }
  }

  private void await() {
    if (running.get() == 0) {
      return;
    }
    long start = System.nanoTime();
    while (running.get() != 0) {
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
      int done = 0;
      while (true) {
        int next = await(done);
        if (closed) {
          return;
        }
        done = next;
        try {
          share(number);
        } catch (Throwable t) {
          failure = t;
        }
        if (running.decrementAndGet() == 0) {
          LockSupport.unpark(caller);
        }
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
