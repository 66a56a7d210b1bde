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
  @Override
  public long elements() {
    return part.type().shape().elements();
  }

  @Override
  public void readFloats(long from, MemorySegment into, long offset, long count) {
    Objects.checkFromIndexSize(from, count, elements());
    part.runs(
        rank,
        from,
        count,
        (first, at, n) ->
            whole.readFloats(first, into, offset + Float.BYTES * (at - from), n));
  }
}
