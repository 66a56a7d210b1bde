package dev.lgc.runtime.data;

import dev.lgc.runtime.io.BadInputException;

/**
 * The pictures in a row that could not be read. A hundred are no matter of single files: a disk is
 * gone, or the folder is wrong. For one thread.
 */
public final class FailuresInTurn {
  private static final int MOST = 100;

  private int count;

  /** The next picture could be read. */
  public void end() {
    count = 0;
  }

  /**
   * The next picture could not be read.
   *
   * @throws BadInputException if a hundred in a row could not
   */
  public void add(BadInputException why) {
    if (++count == MOST) {
      count = 0;
      throw new BadInputException(
          "no picture could be read in "
              + MOST
              + " attempts in a row; the last of them: "
              + why.what(),
          "",
          "is the disk with the pictures still available?",
          why);
    }
  }
}
