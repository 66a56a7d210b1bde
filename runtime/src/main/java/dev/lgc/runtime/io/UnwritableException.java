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
    try {
      Path folder = target.toAbsolutePath().getParent();
      FileStore store = Files.getFileStore(folder);
      return why + "; " + store.getUsableSpace() / 1_000_000 + " MB are free on " + store;
    } catch (IOException | RuntimeException e) {
      return why; // that is all there is to say
    }
  }

  /** What helps: an end of a sentence. */
  public String remedy() {
    return remedy(getCause());
  }

  /** The same of what the system said. */
  static String remedy(Throwable cause) {
    String why = String.valueOf(cause.getMessage());
    boolean isFull = why.contains("No space left") || why.contains("quota exceeded");
    return isFull ? "free some space and start again" : "mend that and start again";
  }

  /** The file and why. */
  public String what() {
    return what;
  }

  /** What is left as it was. */
  public String safe() {
    return safe;
  }
}
