package dev.lgc.runtime.train;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Resources that were opened one after another. They are closed in reverse order, each even if
 * others fail: at the end, or as soon as opening one more fails.
 */
public final class OpenResources implements AutoCloseable {
  private final Deque<AutoCloseable> all = new ArrayDeque<>();

  /** Has {@code one} closed with the others. */
  public <T extends AutoCloseable> T add(T one) {
    all.push(one);
    return one;
  }

  /** Closes all after {@code why}, which prevents the rest from being opened. */
  public void closeAfter(Throwable why) {
    try {
      close();
    } catch (RuntimeException | Error e) {
      why.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    Throwable first = null;
    while (!all.isEmpty()) {
      try {
        all.pop().close();
      } catch (Exception | Error e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    switch (first) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(first);
    }
  }
}
