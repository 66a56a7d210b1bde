package dev.lgc.runtime.cli;

import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import java.io.IOException;

/**
 * The end that all ranks of a command come to when one fails: by a failure that all know of in
 * order, by another through {@link Ranks#abort}.
 */
final class CommonEnd {
  private CommonEnd() {}

  /** The work of one of several ranks. */
  @FunctionalInterface
  interface Work<T> {
    /** Does it. */
    T run() throws IOException;
  }

  /**
   * Does the work of a rank.
   *
   * @param ranks closed where all know of a failure; otherwise the work has closed them
   * @throws SharedFailure on ranks other than 0, for a failure that rank 0 tells the user of
   */
  static <T> T of(Ranks ranks, Work<T> work) throws IOException {
    try {
      return work.run();
    } catch (SharedFailure e) {
      ranks.close();
      throw ranks.rank() == 0 ? e.why() : e;
    } catch (IOException | RuntimeException | Error e) {
      if (ranks.size() > 1) {
        Faults.Told told = Faults.Told.of(e);
        ranks.abort(told.text(), told.code());
      }
      throw e;
    }
  }

  /** The text of a failure, for the other ranks. */
  static String text(Throwable e) {
    return Faults.Told.of(e).text();
  }
}
