package dev.lgc.runtime.train;

import dev.lgc.runtime.io.Parallel;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.memory.MemoryBound;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryFit;
import dev.lgc.runtime.model.CheckpointTensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Memory for the tensors of a checkpoint as they are at one moment, so that training can go on
 * while they are written. It is taken once, if then it is no more than half of what is left;
 * otherwise there are no snapshots.
 */
final class SnapshotMemory implements AutoCloseable {
  /** Between the beginnings of two tensors. */
  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final Supplier<MemoryBounds> bounds;

  /** Null before the first snapshot. */
  private MemorySegment memory;

  /**
   * Takes none yet.
   *
   * @param bounds on the memory of this process, when they are asked for
   */
  SnapshotMemory(Supplier<MemoryBounds> bounds) {
    this.bounds = bounds;
  }

  /**
   * A copy of tensors, which lives until the next one is made.
   *
   * @param writers ranks that may take as much on the same machine
   * @return empty if memory does not allow it
   */
  Optional<CheckpointTensors> copy(CheckpointTensors tensors, int writers) {
    long bytes = bytes(tensors.whole()) + bytes(tensors.blocks());
    if (memory == null) {
      memory = allocate(bytes, bounds.get().sharedBy(writers));
    }
    if (memory.byteSize() < bytes) {
      return Optional.empty();
    }
    List<TensorEntry> whole = new ArrayList<>();
    List<TensorEntry> blocks = new ArrayList<>();
    List<Runnable> copies = new ArrayList<>();
    long at = copied(tensors.whole(), 0, whole, copies);
    copied(tensors.blocks(), at, blocks, copies);
    Parallel.run(copies);
    return Optional.of(
        new CheckpointTensors(whole, blocks, tensors.shapes(), tensors.place(), tensors.shards()));
  }

  /** Lays out copies of tensors from a byte on; returns the byte after them. */
  private long copied(
      List<TensorEntry> tensors, long begin, List<TensorEntry> to, List<Runnable> copies) {
    long at = begin;
    for (TensorEntry t : tensors) {
      MemorySegment copy = memory.asSlice(at, t.data().byteSize());
      copies.add(() -> copy.copyFrom(t.data()));
      to.add(new TensorEntry(t.name(), t.dtype(), t.shape(), copy));
      at += padded(t);
    }
    return at;
  }

  private static long bytes(List<TensorEntry> tensors) {
    return tensors.stream().mapToLong(SnapshotMemory::padded).sum();
  }

  private static long padded(TensorEntry t) {
    return Math.ceilDiv(t.data().byteSize(), ALIGNMENT) * ALIGNMENT;
  }

  /** Nothing, if that is too much. */
  private MemorySegment allocate(long bytes, MemoryBounds now) {
    boolean fits =
        now.all().stream()
            .mapToLong(MemoryBound::available)
            .allMatch(left -> MemoryFit.allowsCopy(bytes, left));
    try {
      return fits ? arena.allocate(bytes, ALIGNMENT) : MemorySegment.NULL;
    } catch (OutOfMemoryError e) {
      return MemorySegment.NULL;
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
