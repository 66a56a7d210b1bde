package dev.lgc.runtime.cli;

import dev.lgc.runtime.sample.SampleUser;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Work in progress that Ctrl-C and signals to end do not cut off: it is asked to stop and awaited,
 * so that it can be saved. Asked a second time, the program ends at once: see {@link Signals}.
 */
final class Interrupt implements SampleUser.Work {
  /** The exit code of a program that Ctrl-C ended: 128 and the number of the signal. */
  static final int EXIT = 130;

  private static final AtomicReference<Interrupt> IN_PROGRESS = new AtomicReference<>();
  private static volatile int code = EXIT;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stopAndWait, "lgc-interrupt");
  private volatile Consumer<String> say;
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

  /** From now on tells another that the work is asked to stop. */
  void sayBy(Consumer<String> other) {
    say = other;
  }

  @Override
  public boolean isStopping() {
    return requested;
  }

  @Override
  public int stoppedBy() {
    return requested ? code : 0;
  }

  @Override
  public void stoppedBy(int exitCode) {
    if (exitCode != 0) {
      stopped(exitCode);
    }
  }

  /** Another process of the same work was asked to stop, and will end with a code. */
  static void stopped(int exitCode) {
    code = exitCode;
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
    say.accept(
        "stopping: completed work is being saved; interrupt again to stop at once without saving");
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
