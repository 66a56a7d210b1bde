package dev.lgc.runtime.cli;

/**
 * Starts the program. It needs nothing but itself, so that it can say so where the libraries of the
 * program cannot be loaded.
 */
public final class Start {
  private Start() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    try {
      Main.main(args);
    } catch (NoClassDefFoundError e) {
      System.err.println("error: a part of lgc cannot be loaded: " + e.getMessage());
      System.err.println(
          "  hint      start it again if its class path has moved, or allow it more open files"
              + " (`ulimit -n`)");
      System.exit(1);
    }
  }
}
