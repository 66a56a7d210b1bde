package dev.lgc.runtime.io;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file could not be written: which one, why, and what of it is safe. */
public final class UnwritableException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final String safe;

  /**
   * @param target the file that was being written
   * @param safe what is left as it was
   */
  public UnwritableException(Path target, String safe, IOException cause) {
    this(target + ": cannot be written: " + reason(target, cause), safe, cause);
  }

  private UnwritableException(String what, String safe, Throwable cause) {
    super(what + " (" + safe + ")", cause);
    this.what = what;
    this.safe = safe;
  }

  /** The same, with what a user wants to know to be safe. */
  public UnwritableException with(String moreSafe) {
    return new UnwritableException(what, moreSafe, getCause());
  }

  private static String reason(Path target, IOException cause) {
    String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    if (isTooLarge(cause)) {
      return why + " for `ulimit -f`, or for this file system"; // space is not what it lacks
    }
    try {
      Path folder = target.toAbsolutePath().getParent();
      FileStore store = Files.getFileStore(folder);
      return why + "; " + store.getUsableSpace() / 1_000_000 + " MB are free on " + store;
    } catch (IOException | RuntimeException e) {
      return why; // that is all there is to say
    }
  }

  /** The remedy: an end of a sentence. */
  public String remedy() {
    return remedy(getCause());
  }

  /** The same of what the system said. */
  static String remedy(Throwable cause) {
    String why = String.valueOf(cause.getMessage());
    boolean isFull = why.contains("No space left") || why.contains("quota exceeded");
    if (isTooLarge(cause)) {
      return "raise that limit, or use a place without one, and start again";
    }
    return isFull ? "free some space and start again" : "fix that and start again";
  }

  /** Returns true if a file may not be as large, whatever is free. */
  private static boolean isTooLarge(Throwable cause) {
    return String.valueOf(cause.getMessage()).contains("File too large");
  }

  /** The file and why. */
  public String what() {
    return what;
  }

  /** The files that are left as they were. */
  public String safe() {
    return safe;
  }
}
