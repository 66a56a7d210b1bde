package dev.lgc.runtime.cli;

import dev.lgc.runtime.io.AtomicFiles;
import java.util.List;
import sun.misc.Signal;

/**
 * The signals that ask the program to end: Ctrl-C, {@code kill} and a terminal that closes. The
 * first asks the work in progress to stop and to be saved, or ends the program if nothing is to be
 * saved; the next ends it at once. Files are renamed into place, so none is left half-written.
 */
final class Signals {
  private static final int OF_SIGNALS = 128;
  static final int HUP = 1;
  static final int INT = 2;
  static final int TERM = 15;
  private static boolean heard;
  private static Runnable child;
  private static int passedOn;

  private Signals() {}

  /**
   * Hears them from now on, in the place of Java's own handling. Signals that whoever started the
   * program told it to ignore, as nohup does, stay ignored.
   *
   * @param lent whether the terminal belongs to the process that started this one, which passes
   *     every signal on as TERM: those of the terminal are not heard here, so that one Ctrl-C is
   *     not taken for two
   */
  static void listen(boolean lent) {
    for (String name : List.of("INT", "TERM", "HUP")) {
      try {
        boolean ignored = lent && !name.equals("TERM");
        Signal.handle(new Signal(name), s -> heard(s.getNumber(), ignored));
      } catch (IllegalArgumentException e) {
        continue; // Java was told to leave signals alone, or the system has no such signal
      }
    }
  }

  /**
   * From now on leaves every signal to what runs in the place of this program.
   *
   * @param end sends it TERM
   */
  static synchronized void passTo(Runnable end) {
    child = end;
    if (passedOn != 0) {
      end.run(); // it came while there was none to pass it on to
    }
  }

  /** The exit code to end with after a process that signals were passed on to ended with its. */
  static synchronized int exitCode(int ofChild) {
    return passedOn != 0 && ofChild == OF_SIGNALS + TERM ? OF_SIGNALS + passedOn : ofChild;
  }

  /** Returns true if a signal was passed on: the user wants an end. */
  static synchronized boolean havePassed() {
    return passedOn != 0;
  }

  private static void heard(int signal, boolean ignored) {
    if (ignored) {
      return;
    }
    int exitCode = OF_SIGNALS + signal;
    synchronized (Signals.class) {
      if (child != null) {
        passedOn = passedOn == 0 ? signal : passedOn;
        child.run();
        return;
      }
      if (heard) {
        Runtime.getRuntime().halt(exitCode);
      }
      heard = true;
    }
    if (!Interrupt.request(exitCode)) {
      discardWhileEnding();
      System.exit(exitCode);
    }
  }

  /**
   * Removes unfinished files once the exit code is fixed: a thread that then misses its file can no
   * longer end the program with a code of its own.
   */
  private static void discardWhileEnding() {
    try {
      Runtime.getRuntime()
          .addShutdownHook(new Thread(AtomicFiles::discardUnfinished, "lgc-discard"));
    } catch (IllegalStateException e) {
      AtomicFiles.discardUnfinished(); // the program is ending already
    }
  }
}
