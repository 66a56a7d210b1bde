package dev.lgc.runtime.model;

import dev.lgc.compiler.rewrite.storage.AxisPart;
import dev.lgc.runtime.io.FloatSource;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A rank's part of a tensor of a file, as if it were all there is.
 *
 * @param whole the file's tensor
 * @param rank whose part it is
 */
record PartSource(FloatSource whole, AxisPart part, int rank) implements FloatSource {
  /** Elements in a row that are worth a read of their own. */
  private static final int WORTH = 1 << 14;

  @Override
  public long elements() {
    return part.type().shape().elements();
  }

  @Override
  public void readFloats(long from, MemorySegment into, long offset, long count) {
    Objects.checkFromIndexSize(from, count, elements());
    Window window = new Window();
    part.runs(
        rank,
        from,
        count,
        (first, at, n) -> {
          long to = offset + Float.BYTES * (at - from);
          if (n >= WORTH || n == count) {
            whole.readFloats(first, into, to, n);
          } else {
            window.copy(first, into, to, n);
          }
        });
  }

  /** A stretch of the whole tensor, of which short runs are taken: columns of a matrix. */
  private final class Window {
    private MemorySegment floats;
    private long begin;
    private long end;

    void copy(long first, MemorySegment into, long to, long n) {
      if (first < begin || first + n > end) {
        if (floats == null) {
          floats = MemorySegment.ofArray(new float[4 * WORTH]);
        }
        begin = first;
        end = Math.min(whole.elements(), first + 4 * WORTH);
        whole.readFloats(begin, floats, 0, end - begin);
      }
      MemorySegment.copy(floats, Float.BYTES * (first - begin), into, to, Float.BYTES * n);
    }
  }
}
