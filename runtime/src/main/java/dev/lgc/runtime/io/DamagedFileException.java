package dev.lgc.runtime.io;

import java.nio.file.Path;

/** A file whose bytes are not those that were written: a checksum tells. */
public final class DamagedFileException extends BadInputException {
  private static final long serialVersionUID = 1L;

  /**
   * Of a checkpoint, or of weights.
   *
   * @param what is damaged in it
   * @param cause what revealed it, if it was not the checksum alone
   */
  public DamagedFileException(Path file, String what, Throwable cause) {
    this(file, what, "use a copy or the previous checkpoint", cause);
  }

  /**
   * Of another file.
   *
   * @param what is damaged in it
   * @param hint what to do about it
   * @param cause what revealed it, if it was not the checksum alone
   */
  public DamagedFileException(Path file, String what, String hint, Throwable cause) {
    super(
        file + ": " + what + " is damaged: its checksum is not the one that was written",
        "the original bytes",
        hint,
        cause);
  }
}
