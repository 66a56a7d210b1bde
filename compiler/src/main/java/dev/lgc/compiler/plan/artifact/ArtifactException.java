package dev.lgc.compiler.plan.artifact;

import java.io.IOException;

/** A file that is no sound artifact; the message says what is wrong with it. */
public final class ArtifactException extends IOException {
  private static final long serialVersionUID = 1;

  public ArtifactException(String message) {
    super(message);
  }

  public ArtifactException(String message, Throwable cause) {
    super(message, cause);
  }
}
