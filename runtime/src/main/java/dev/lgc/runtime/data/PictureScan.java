package dev.lgc.runtime.data;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.TransientFailureException;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/** Reads every picture once, to find those that cannot be read before there is work to lose. */
public final class PictureScan {
  private PictureScan() {}

  /** Reads all pictures of one source. */
  public static void of(PictureSource source) {
    of(List.of(source), n -> {});
  }

  /**
   * Reads all pictures of {@code sources} with all cores; then {@link PictureSource#bad} has all.
   *
   * @param progress is told how many are read, by one thread at a time
   * @throws TransientFailureException if a disk or the memory fails
   */
  public static void of(List<PictureSource> sources, LongConsumer progress) {
    ThreadLocal<Picture> pixels = ThreadLocal.withInitial(() -> Picture.forCrops(1));
    Count count = new Count(progress);
    for (PictureSource source : sources) {
      IntStream.range(0, source.size())
          .parallel()
          .forEach(
              i -> {
                read(source, i, pixels.get());
                count.one();
              });
    }
  }

  private static final class Count {
    private final LongConsumer progress;
    private long done;

    Count(LongConsumer progress) {
      this.progress = progress;
    }

    synchronized void one() {
      progress.accept(++done);
    }
  }

  private static void read(PictureSource source, int i, Picture into) {
    try {
      source.read(i, into);
    } catch (TransientFailureException e) {
      throw e;
    } catch (BadInputException e) {
      return; // the source remembers it
    }
  }
}
