package dev.lgc.runtime.train;

import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.IoReason;
import dev.lgc.runtime.io.UnwritableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/**
 * Writes of which all ranks learn how they went. A failure names the checkpoint that is sound.
 *
 * @param sound the checkpoint to go on from, if there is one
 */
record SharedWrites(Ranks ranks, Supplier<Optional<Path>> sound) {

  /**
   * Does what may fail on one rank, on all.
   *
   * @throws IOException if it failed, where there is one rank
   * @throws SharedFailure on all ranks, if it failed on one of several
   */
  <T> T onAll(Callable<T> work) throws IOException {
    try {
      return SharedFailure.orNone(ranks, () -> saying(work), SharedWrites::text);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private <T> T saying(Callable<T> work) throws Exception {
    try {
      return work.call();
    } catch (UnwritableException e) {
      throw saying(e);
    } catch (UncheckedIOException e) {
      throw e.getCause() instanceof UnwritableException u ? saying(u) : e.getCause();
    }
  }

  private UnwritableException saying(UnwritableException e) {
    return e.with(
        sound
            .get()
            .map(file -> file.getFileName() + " is sound: " + e.remedy() + " to go on from it")
            .orElse("no checkpoint was written yet: " + e.remedy()));
  }

  /** A failure, as another rank tells of it. */
  static String text(Throwable e) {
    return switch (e) {
      case UncheckedIOException u when u.getCause() instanceof UnwritableException w ->
          w.what() + " (" + w.safe() + ")";
      case UncheckedIOException u -> IoReason.of(u.getCause());
      case BadInputException b -> b.getMessage();
      case UserError u -> u.getMessage();
      default -> e.toString();
    };
  }
}
