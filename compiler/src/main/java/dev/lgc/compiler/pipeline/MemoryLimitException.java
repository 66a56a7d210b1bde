package dev.lgc.compiler.pipeline;

import dev.lgc.dsl.text.Text;

/** Training that takes more memory than it may, even if all is computed again that can be. */
public final class MemoryLimitException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long limit;
  private final long least;

  MemoryLimitException(String model, long limit, long least) {
    super(Text.format("training %s takes at least %d bytes, more than %d", model, least, limit));
    this.limit = limit;
    this.least = least;
  }

  /** Bytes that it may take. */
  public long limit() {
    return limit;
  }

  /** Bytes of the smallest plan there is. */
  public long least() {
    return least;
  }
}
