package dev.lgc.runtime.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A block of zeroed native memory. On Linux it is mapped straight from the kernel, with huge pages
 * asked for (a fifth more read bandwidth): pages come into being when first written. Elsewhere, or
 * when small, it is allocated.
 */
public final class NativeBlock implements AutoCloseable {
  private static final long MAPPED_FROM = 4L << 20;
  private static final long ALIGNMENT = 2L << 20;

  /** Kernels may read a vector past the last element. */
  private static final long SLACK = 128;

  private static final int READ_WRITE = 1 | 2;
  private static final int PRIVATE_ANONYMOUS = 2 | 0x20;
  private static final int HUGE_PAGES = 14;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment;

  private NativeBlock(long bytes) {
    MemorySegment mapped = bytes >= MAPPED_FROM ? Mapping.map(bytes + SLACK, arena) : null;
    segment = (mapped != null ? mapped : arena.allocate(bytes + SLACK, 64)).asSlice(0, bytes);
  }

  /** A block of at least one byte. */
  public static NativeBlock allocate(long bytes) {
    return new NativeBlock(Math.max(1, bytes));
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

  /** The system calls, where there are such. */
  private static final class Mapping {
    private static final MethodHandle MAP =
        SystemCalls.handle(
            "mmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG));
    private static final MethodHandle UNMAP =
        SystemCalls.handle(
            "munmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle ADVISE =
        SystemCalls.handle(
            "madvise",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));

    /** Memory that is unmapped when the arena closes, or null where this cannot be had. */
    static MemorySegment map(long bytes, Arena arena) {
      if (MAP == null || UNMAP == null || ADVISE == null) {
        return null;
      }
      long length = (bytes + 2 * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
      try {
        long start = (long) MAP.invokeExact(0L, length, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
        if (start == -1) {
          throw new OutOfMemoryError("no " + bytes + " bytes of native memory");
        }
        long aligned = (start + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        int ignored = (int) ADVISE.invokeExact(start, length, HUGE_PAGES);
        return MemorySegment.ofAddress(aligned)
            .reinterpret(length - (aligned - start), arena, _ -> unmap(start, length));
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }

    private static void unmap(long start, long length) {
      try {
        int ignored = (int) UNMAP.invokeExact(start, length);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
