package dev.lgc.runtime.report;

/** The terminal, if somebody watches, and its colours and progress bars. */
public final class Terminal {
  /** Set by the launcher where standard error is a terminal. */
  private static final String NAME = "LGC_TERMINAL";

  private Terminal() {}

  /**
   * Returns true if standard error is a terminal; the launcher knows, for it puts a filter before
   * it.
   */
  public static boolean watched() {
    return System.getenv(NAME) != null
        || (System.console() != null && System.console().isTerminal());
  }

  /** Returns true if messages are coloured. */
  public static boolean colours() {
    return watched() && System.getenv("NO_COLOR") == null && !"dumb".equals(System.getenv("TERM"));
  }

  public static String paint(String code, String text) {
    return colours() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }

  /** A progress bar on standard error. */
  public static ProgressBar bar(String title, long total, String unit) {
    return new ProgressBar(
        title, total, unit, System.err, watched(), TerminalWidth::columns, System::nanoTime);
  }

  /** The progress bar of reading all pictures beforehand. */
  public static ProgressBar scan(long pictures) {
    return bar("read pictures", pictures, "picture");
  }
}
