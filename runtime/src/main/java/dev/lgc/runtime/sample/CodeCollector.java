package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.CodeCacheWriter;
import dev.lgc.runtime.data.FailuresInTurn;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.util.function.LongConsumer;

/**
 * Writes chunks into a cache in the order of their pictures; its source remembers those that cannot
 * be read.
 */
final class CodeCollector {
  private final PictureSource source;
  private final CodeCacheWriter out;
  private final LongConsumer progress;
  private final FailuresInTurn failures = new FailuresInTurn();
  private int count;

  /**
   * Writes into {@code out}.
   *
   * @param progress is told how many pictures are done
   */
  CodeCollector(PictureSource source, CodeCacheWriter out, LongConsumer progress) {
    this.source = source;
    this.out = out;
    this.progress = progress;
  }

  /**
   * Appends the next chunk.
   *
   * @throws BadInputException if a hundred pictures in a row cannot be read
   */
  void append(EncodedChunk chunk) throws IOException {
    for (int i = 0; i < chunk.size(); i++) {
      int picture = chunk.first() + i;
      if (chunk.failure(i).isPresent()) {
        BadInputException why = chunk.failure(i).get();
        source.remember(picture, why);
        failures.add(why);
      } else {
        failures.end();
        out.append(source.label(picture), source.name(picture), chunk.codes(i));
        count++;
      }
      progress.accept(picture + 1L);
    }
  }

  /**
   * Completes the cache.
   *
   * @return how many pictures it has
   * @throws BadInputException if none could be read
   */
  int finish() throws IOException {
    if (count == 0) {
      throw new BadInputException("none of the pictures can be read", "at least one", "");
    }
    out.finish();
    return count;
  }
}
