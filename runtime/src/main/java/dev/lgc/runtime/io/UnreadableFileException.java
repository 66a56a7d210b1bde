package dev.lgc.runtime.io;

import java.io.IOException;
import java.nio.file.Path;

/** A file that the system does not let us open or read: nothing is known of what it holds. */
public final class UnreadableFileException extends BadInputException {
  private static final long serialVersionUID = 1L;

  /**
   * @param cause what the system says
   */
  public UnreadableFileException(Path file, IOException cause) {
    super(file + ": cannot be read: " + cause.getMessage(), "", "", cause);
  }
}
