package dev.lgc.runtime.data.decode;

import java.io.IOException;

/** An image that cannot be decoded. The message says why, without the image's name. */
public final class ImageException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean damaged;

  private ImageException(String why, boolean damaged, Throwable cause) {
    super(why, cause);
    this.damaged = damaged;
  }

  /** The bytes break the rules of their format: {@code how}. */
  static ImageException damaged(String how) {
    return new ImageException(how, true, null);
  }

  /** The same with the exception of the decoder that met the damage. */
  static ImageException damaged(String how, Throwable cause) {
    return new ImageException(how, true, cause);
  }

  /** The image may be sound, but {@code what} is not read. */
  static ImageException unsupported(String what) {
    return new ImageException(what, false, null);
  }

  /** Whether the image is damaged, rather than of a kind that is not read. */
  public boolean damaged() {
    return damaged;
  }
}
