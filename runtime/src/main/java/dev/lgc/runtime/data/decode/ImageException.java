package dev.lgc.runtime.data.decode;

import java.io.IOException;

/** An image that cannot be decoded. The message says why, without the image's name. */
public final class ImageException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The verdict on the image. */
  private enum Verdict {
    DAMAGED,
    UNSUPPORTED,
    NONE
  }

  private final Verdict verdict;

  private ImageException(String why, Verdict verdict, Throwable cause) {
    super(why, cause);
    this.verdict = verdict;
  }

  /** The bytes break the rules of their format: {@code how}. */
  static ImageException damaged(String how) {
    return new ImageException(how, Verdict.DAMAGED, null);
  }

  /** The same with the exception of the decoder that met the damage. */
  static ImageException damaged(String how, Throwable cause) {
    return new ImageException(how, Verdict.DAMAGED, cause);
  }

  /** The image may be sound, but {@code what} is not read. */
  static ImageException unsupported(String what) {
    return new ImageException(what, Verdict.UNSUPPORTED, null);
  }

  /** The image may be sound, but there is not enough memory for now: {@code what}. */
  static ImageException passing(String what) {
    return new ImageException(what, Verdict.NONE, null);
  }

  /** Returns true if this says nothing about the image, which may be read another time. */
  public boolean isPassing() {
    return verdict == Verdict.NONE;
  }

  /** Returns true if the image is damaged, rather than of a kind that is not read. */
  public boolean damaged() {
    return verdict == Verdict.DAMAGED;
  }
}
