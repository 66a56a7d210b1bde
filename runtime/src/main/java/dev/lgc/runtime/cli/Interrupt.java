package dev.lgc.runtime.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Work in progress that Ctrl-C, or the system asking the program to end, does not cut off: it is
 * asked to stop and is waited for, so that it can be saved. Asked a second time, the program ends
 * at once: see {@link Signals}.
 */
final class Interrupt implements AutoCloseable {
  /** The exit code of a program that Ctrl-C ended: 128 and the number of the signal. */
  static final int EXIT = 130;

  private static final AtomicReference<Interrupt> IN_PROGRESS = new AtomicReference<>();
  private static volatile int code = EXIT;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stopAndWait, "lgc-interrupt");
  private final Consumer<String> say;
  private volatile boolean requested;

  /**
   * Begins work.
   *
   * @param say is told, by another thread, as soon as the work is asked to stop
   */
  Interrupt(Consumer<String> say) {
    this.say = say;
    IN_PROGRESS.set(this);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Begins work that says on standard error that it stops. */
  Interrupt() {
    this(System.err::println);
  }

  /** Whether the work should stop. */
  boolean requested() {
    return requested;
  }

  /** The exit code of this program once it was interrupted. */
  static int exitCode() {
    return code;
  }

  /**
   * Asks the work in progress to stop.
   *
   * @param exitCode what the program will end with
   * @return false if there is none, or if it has been asked before
   */
  static boolean request(int exitCode) {
    Interrupt work = IN_PROGRESS.get();
    if (work == null || work.requested) {
      return false;
    }
    code = exitCode;
    work.stop();
    return true;
  }

  private void stop() {
    requested = true;
    say.accept("stopping: what is done is being saved; interrupt again to end at once, unsaved");
  }

  /** Java is ending the program: it goes on when this returns. */
  private void stopAndWait() {
    if (!requested) {
      stop();
    }
    try {
      finished.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Says that the work has stopped. */
  @Override
  public void close() {
    IN_PROGRESS.compareAndSet(this, null);
    finished.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // the program is ending
    }
  }
}
