package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.Picture;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Writes pictures to a folder while others are drawn. Few wait to be written: adding more waits for
 * them. One thread adds and closes, another writes.
 */
final class SampleWriter implements AutoCloseable {
  private final PictureFolder folder;
  private final ThreadPoolExecutor thread;
  private volatile Throwable failed;

  /**
   * @param waiting most pictures that wait
   */
  SampleWriter(PictureFolder folder, int waiting) {
    this.folder = folder;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(waiting),
            r -> Thread.ofPlatform().daemon().name("lgc-pictures").unstarted(r),
            SampleWriter::waitForRoom);
  }

  /** The queue is full: its pictures are written one after the other, by one thread only. */
  private static void waitForRoom(Runnable write, ThreadPoolExecutor thread) {
    try {
      thread.getQueue().put(write);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RejectedExecutionException("interrupted while pictures were written", e);
    }
  }

  /**
   * Writes the picture of a sample, soon.
   *
   * @throws IOException if an earlier one could not be written
   */
  void add(int sample, Picture picture) throws IOException {
    check();
    thread.execute(() -> write(sample, picture));
  }

  private void write(int sample, Picture picture) {
    if (failed == null) {
      try {
        folder.write(sample, picture);
      } catch (Throwable e) { // whoever adds the next one, or waits, ends with it
        failed = e;
      }
    }
  }

  private void check() throws IOException {
    switch (failed) {
      case null -> {}
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  /**
   * Waits until all are written; no more can be added.
   *
   * @throws IOException if one could not be written
   */
  void await() throws IOException {
    thread.shutdown();
    try {
      while (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
        check();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while pictures were written", e);
    }
    check();
  }

  /** Writes no more; when it returns, nothing is written into the folder any longer. */
  @Override
  public void close() {
    thread.shutdownNow();
    try {
      while (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
        continue; // the folder must not be given to another process before
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
