package dev.lgc.runtime.dist;

/** A reason why there can be no ranks here; its message is one line for the user. */
public final class MpiMissing extends Exception {
  private static final long serialVersionUID = 1;

  MpiMissing(String message) {
    super(message);
  }

  MpiMissing(String message, Throwable cause) {
    super(message, cause);
  }
}
