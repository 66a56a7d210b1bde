package dev.lgc.runtime.data;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.TransientFailureException;

/**
 * Reads pictures of a source one after another, and passes over those that cannot be read: the
 * source remembers them ({@link PictureSource#bad}). For one thread.
 */
public final class PictureReader {
  private final PictureSource source;
  private final FailuresInTurn failures = new FailuresInTurn();

  public PictureReader(PictureSource source) {
    this.source = source;
  }

  /**
   * Reads picture {@code i}.
   *
   * @return false if it cannot be read
   * @throws TransientFailureException if it is not the picture that fails
   * @throws BadInputException if a hundred in a row could not
   */
  public boolean read(int i, Picture into) {
    try {
      source.read(i, into);
      failures.end();
      return true;
    } catch (TransientFailureException e) {
      throw e; // another picture in its place would be other data than the run sees next time
    } catch (BadInputException e) {
      failures.add(e);
      return false;
    }
  }

  /**
   * Reads the picture of a sample; if it cannot be read, another one that takes its place.
   *
   * @param sample a position in {@code order}
   * @return which picture it is
   * @throws BadInputException if none is found
   */
  int read(SampleOrder order, long sample, Picture into) {
    int index = order.at(sample);
    for (int attempt = 0; !read(index, into); attempt++) {
      index = order.instead(sample, attempt);
    }
    return index;
  }
}
