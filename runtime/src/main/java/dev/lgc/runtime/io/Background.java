package dev.lgc.runtime.io;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/** A value that is computed on another thread, while the caller does something else. */
public final class Background<T> {
  private final FutureTask<T> task;

  private Background(Supplier<T> work) {
    task = new FutureTask<>(work::get);
  }

  /** Begins at once. */
  public static <T> Background<T> of(Supplier<T> work) {
    Background<T> b = new Background<>(work);
    Thread.ofPlatform().daemon().name("lgc-background").start(b.task);
    return b;
  }

  /** A value that is computed here and now, by the caller. */
  public static <T> Background<T> done(Supplier<T> work) {
    Background<T> b = new Background<>(work);
    b.task.run();
    return b;
  }

  /** Begins as soon as {@code worker} has done what it was given before. */
  public static <T> Background<T> of(Executor worker, Supplier<T> work) {
    Background<T> b = new Background<>(work);
    worker.execute(b.task);
    return b;
  }

  /** One thread, which takes what it is given in turn and does not keep the process alive. */
  public static ExecutorService worker() {
    return Executors.newSingleThreadExecutor(
        Thread.ofPlatform().daemon().name("lgc-background").factory());
  }

  /** Returns true if {@link #get} does not have to wait. */
  public boolean isDone() {
    return task.isDone();
  }

  /** Waits until the work has ended, however it ended. */
  public void await() {
    try {
      task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      return; // who wants the value is told
    }
  }

  /** Waits for it; throws what it threw. */
  public T get() {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException r -> throw r;
        case Error r -> throw r;
        default -> throw new IllegalStateException(e.getCause());
      }
    }
  }
}
