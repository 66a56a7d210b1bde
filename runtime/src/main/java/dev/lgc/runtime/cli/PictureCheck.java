package dev.lgc.runtime.cli;

import dev.lgc.runtime.data.PictureScan;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.report.Terminal;
import dev.lgc.runtime.train.BadPictures;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** The check before a command begins that all of its pictures can be read. */
final class PictureCheck {
  private PictureCheck() {}

  /** The end of a check that was asked to stop. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * Reads all pictures.
   *
   * @param bad is told of those that cannot be read
   * @param stop asked after each picture
   * @throws BadInputException if there are any
   * @throws Stopped if asked to stop
   */
  static void require(List<PictureSource> sources, BadPictures bad, BooleanSupplier stop) {
    if (Terminal.watched()) {
      long all = sources.stream().mapToLong(PictureSource::size).sum();
      try (ProgressBar bar = Terminal.scan(all)) {
        PictureScan.of(sources, until(stop, bar::update));
      }
    } else {
      PictureScan.of(sources, until(stop, n -> {}));
    }
    bad.tell();
    if (bad.count() > 0) {
      throw new BadInputException(
          bad.count() == 1 ? "1 picture cannot be read" : bad.count() + " pictures cannot be read",
          "only readable pictures, as `refuse` asks",
          "repair or remove them; --on-bad-picture skip leaves them out");
    }
  }

  private static LongConsumer until(BooleanSupplier stop, LongConsumer progress) {
    return n -> {
      if (stop.getAsBoolean()) {
        throw new Stopped();
      }
      progress.accept(n);
    };
  }
}
