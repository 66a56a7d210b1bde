package dev.lgc.runtime.io;

/**
 * An input that cannot be read for now, though nothing says that it is unsound: a disk or a server
 * fails, or memory or file handles have run out. Another time it may be read.
 */
public final class TransientFailureException extends BadInputException {
  private static final long serialVersionUID = 1L;

  /**
   * @param what what cannot be read, and why
   * @param hint one thing the user can do; may be empty
   * @param cause what failed
   */
  public TransientFailureException(String what, String hint, Throwable cause) {
    super(what, "", hint, cause);
  }
}
