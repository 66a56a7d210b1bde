package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.Picture;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Writes pictures to a folder while others are drawn. Few wait to be written: whoever adds more
 * writes them itself. One thread adds and closes.
 */
final class SampleWriter implements AutoCloseable {
  private final PictureFolder folder;
  private final ThreadPoolExecutor thread;
  private volatile IOException failed;

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
            new ThreadPoolExecutor.CallerRunsPolicy());
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
      } catch (IOException e) {
        failed = e;
      } catch (RuntimeException e) {
        failed = new IOException(folder.file(sample) + ": " + e, e);
      }
    }
  }

  private void check() throws IOException {
    if (failed != null) {
      throw failed;
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

  /** Writes no more. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
