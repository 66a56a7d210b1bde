package dev.lgc.runtime.model;

import dev.lgc.runtime.io.BadInputException;

/** The mistake that a {@code .lgc} file is not as {@code lgc compile} writes it. */
final class MalformedArtifact {
  private MalformedArtifact() {}

  /**
   * An exception that says so.
   *
   * @param what is malformed: the file, or the model that it has
   */
  static BadInputException of(String what, Exception cause) {
    return new BadInputException(
        what + ": not a sound .lgc: " + cause.getMessage(),
        "what `lgc compile` writes",
        "compile it again",
        cause);
  }
}
