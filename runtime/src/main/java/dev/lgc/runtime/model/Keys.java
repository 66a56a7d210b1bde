package dev.lgc.runtime.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The key of a computation's random numbers: which run, which step, which part of the step. The
 * graph adds which operation and which element.
 */
public final class Keys {
  private Keys() {}

  /**
   * Writes a key.
   *
   * @param into int[4]
   * @param step of 2^32 at most
   * @param part what else tells computations of one step apart
   */
  public static void write(MemorySegment into, long seed, long step, int part) {
    into.setAtIndex(ValueLayout.JAVA_INT, 0, (int) seed);
    into.setAtIndex(ValueLayout.JAVA_INT, 1, (int) (seed >>> 32));
    into.setAtIndex(ValueLayout.JAVA_INT, 2, (int) step);
    into.setAtIndex(ValueLayout.JAVA_INT, 3, part);
  }
}
