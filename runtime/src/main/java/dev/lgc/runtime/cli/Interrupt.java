package dev.lgc.runtime.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Ctrl-C, or the system asking the program to end: work in progress is asked to stop and is waited
 * for, so that it can be saved.
 */
final class Interrupt implements AutoCloseable {
  /** The exit code of a program that was interrupted: 128 and the number of the signal. */
  static final int EXIT = 130;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "lgc-interrupt");
  private volatile boolean requested;

  Interrupt() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Whether the work should stop. */
  boolean requested() {
    return requested;
  }

  private void stop() {
    requested = true;
    try {
      finished.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Says that the work has stopped. */
  @Override
  public void close() {
    finished.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // the program is ending
    }
  }
}
