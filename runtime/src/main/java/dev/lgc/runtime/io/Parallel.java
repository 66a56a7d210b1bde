package dev.lgc.runtime.io;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Work that is done side by side, with all cores. All of it has ended when a call returns, even if
 * some of it failed: what it works on, such as a mapped file, may then be closed.
 */
public final class Parallel {
  private Parallel() {}

  /** Runs all; throws what the first of those that failed threw. */
  public static void run(List<Runnable> work) {
    each(work.size(), i -> work.get(i).run());
  }

  /** The same for the numbers below {@code n}. */
  public static void each(int n, IntConsumer work) {
    // No parallel forEach: when one part fails it returns while others are still at work.
    Optional<Throwable> failed =
        IntStream.range(0, n)
            .parallel()
            .mapToObj(i -> attempt(i, work))
            .filter(Objects::nonNull)
            .reduce((first, later) -> first);
    switch (failed.orElse(null)) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  private static Throwable attempt(int i, IntConsumer work) {
    try {
      work.accept(i);
      return null;
    } catch (RuntimeException | Error e) {
      return e;
    }
  }
}
