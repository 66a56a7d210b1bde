package dev.lgc.runtime.data;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.PassingFailureException;
import java.util.stream.IntStream;

/** Reads every picture once, to find those that cannot be read before there is work to lose. */
public final class PictureScan {
  private PictureScan() {}

  /**
   * Reads all pictures of {@code source} with all cores; then {@link PictureSource#bad} has all.
   *
   * @throws PassingFailureException if a disk or the memory fails
   */
  public static void of(PictureSource source) {
    ThreadLocal<Picture> pixels = ThreadLocal.withInitial(() -> Picture.forCrops(1));
    IntStream.range(0, source.size()).parallel().forEach(i -> read(source, i, pixels.get()));
  }

  private static void read(PictureSource source, int i, Picture into) {
    try {
      source.read(i, into);
    } catch (PassingFailureException e) {
      throw e;
    } catch (BadInputException e) {
      return; // the source remembers it
    }
  }
}
