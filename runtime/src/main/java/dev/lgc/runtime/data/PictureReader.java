package dev.lgc.runtime.data;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.TransientFailureException;

/**
 * Reads pictures of a source one after another, and passes over those that cannot be read: the
 * source remembers them ({@link PictureSource#bad}). For one thread.
 */
public final class PictureReader {
  /**
   * So many failures in a row are no matter of single files: a disk is gone, or the folder is
   * wrong.
   */
  static final int MOST_IN_TURN = 100;

  private final PictureSource source;
  private int inTurn;

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
      inTurn = 0;
      return true;
    } catch (TransientFailureException e) {
      throw e; // another picture in its place would be other data than the run sees next time
    } catch (BadInputException e) {
      if (++inTurn == MOST_IN_TURN) {
        inTurn = 0;
        throw new BadInputException(
            "no picture could be read in "
                + MOST_IN_TURN
                + " attempts in a row; the last of them: "
                + e.what(),
            "",
            "is the disk with the pictures still available?",
            e);
      }
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
