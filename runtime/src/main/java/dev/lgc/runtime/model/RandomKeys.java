package dev.lgc.runtime.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The key of a computation's random numbers: which run, which step, which part of the step; of a
 * sample's numbers: which run, which sample, which position. The graph adds which operation and
 * which element.
 */
public final class RandomKeys {
  private RandomKeys() {}

  /**
   * Writes a key.
   *
   * @param into int[4]
   * @param step of 2^32 at most
   * @param part what else tells computations of one step apart
   */
  public static void write(MemorySegment into, long seed, long step, int part) {
    write(into, 0, seed, step, part);
  }

  /**
   * Writes the key of a row.
   *
   * @param into int[rows, 4]
   * @param sample the number of the row's sample, wherever it is computed
   * @param position of the code that is drawn
   */
  public static void write(MemorySegment into, int row, long seed, long sample, int position) {
    into.setAtIndex(ValueLayout.JAVA_INT, 4L * row, (int) seed);
    into.setAtIndex(ValueLayout.JAVA_INT, 4L * row + 1, (int) (seed >>> 32));
    into.setAtIndex(ValueLayout.JAVA_INT, 4L * row + 2, (int) sample);
    into.setAtIndex(ValueLayout.JAVA_INT, 4L * row + 3, position);
  }
}
