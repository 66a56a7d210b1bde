package dev.lgc.runtime.io;

import java.lang.foreign.MemorySegment;

/** Numbers in a row, to be read as f32. */
public interface FloatSource {
  /** The number of elements. */
  long elements();

  /**
   * Elements {@code from .. from + count} as f32 in native order, written to {@code into} at byte
   * {@code offset}. F64 and wide integers are rounded to nearest.
   *
   * @throws IndexOutOfBoundsException if the range or the destination does not fit
   */
  void readFloats(long from, MemorySegment into, long offset, long count);
}
