package dev.lgc.runtime.tensor;

import dev.lgc.runtime.io.FileRange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A block of zeroed native memory. On Linux it is mapped straight from the kernel, with huge pages
 * asked for (a fifth more read bandwidth): pages come into being when first written. Elsewhere, or
 * when small, it is allocated.
 */
public final class NativeBlock implements AutoCloseable {
  private static final long MAPPED_FROM = 4L << 20;

  /** A line of the cache. */
  private static final long ALIGNMENT = 64;

  /** Kernels may read a vector past the last element. */
  private static final long SLACK = 128;

  private final Arena arena;
  private final MemorySegment segment;

  private NativeBlock(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  /** A block of at least one byte. */
  public static NativeBlock allocate(long bytes) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment mapped = bytes >= MAPPED_FROM ? Pages.map(bytes + SLACK, arena) : null;
      MemorySegment some =
          mapped != null ? mapped : arena.allocate(Math.max(1, bytes) + SLACK, ALIGNMENT);
      return new NativeBlock(arena, some.asSlice(0, Math.max(1, bytes)));
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /**
   * The bytes of a file, read-only: the file itself where the system has it in huge pages, which
   * costs no memory and next to no time; otherwise a copy, which is then read faster.
   *
   * @param file begins at a multiple of 64
   * @throws dev.lgc.runtime.io.BadInputException if it cannot be read
   */
  public static NativeBlock of(FileRange file) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment mapped = file.map(arena);
      boolean hasSlack = mapped.byteSize() >= file.bytes() + SLACK;
      if (hasSlack && Pages.areHuge(mapped, file.bytes())) {
        return new NativeBlock(arena, mapped.asSlice(0, file.bytes()));
      }
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
    arena.close();
    NativeBlock copy = allocate(file.bytes());
    try {
      file.read(copy.segment.asSlice(0, file.bytes()));
      return new NativeBlock(copy.arena, copy.segment.asReadOnly());
    } catch (RuntimeException | Error e) {
      copy.close();
      throw e;
    }
  }

  public MemorySegment segment() {
    return segment;
  }

  public long address() {
    return segment.address();
  }

  @Override
  public void close() {
    arena.close();
  }
}
