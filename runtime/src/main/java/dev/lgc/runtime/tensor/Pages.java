package dev.lgc.runtime.tensor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/** Linux's system calls for memory in huge pages, which is read a fifth faster. */
final class Pages {
  /** Of a huge page, on most processors. */
  private static final long HUGE = 2L << 20;

  private static final int READ_WRITE = 1 | 2;
  private static final int PRIVATE_ANONYMOUS = 2 | 0x20;
  private static final int ADVISE_HUGE = 14;

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

  private Pages() {}

  /**
   * Memory that is unmapped when the arena closes, in huge pages if the system likes; null where
   * this cannot be had.
   */
  static MemorySegment map(long bytes, Arena arena) {
    if (MAP == null || UNMAP == null || ADVISE == null) {
      return null;
    }
    long length = (bytes + 2 * HUGE - 1) / HUGE * HUGE;
    try {
      long start = (long) MAP.invokeExact(0L, length, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
      if (start == -1) {
        throw new OutOfMemoryError("no " + bytes + " bytes of native memory");
      }
      long aligned = (start + HUGE - 1) / HUGE * HUGE;
      int ignored = (int) ADVISE.invokeExact(start, length, ADVISE_HUGE);
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

  /**
   * Returns true if a mapping of a file comes in huge pages. The system has a file in such if its
   * file system can, and if it was written or read in large parts.
   *
   * @param file mapped, and not touched yet
   * @param bytes of it that count
   */
  static boolean areHuge(MemorySegment file, long bytes) {
    if (ADVISE == null || bytes < 2 * HUGE) {
      return false;
    }
    try {
      long start = file.address() / HUGE * HUGE + HUGE;
      int ignored = (int) ADVISE.invokeExact(start, bytes - HUGE, ADVISE_HUGE);
      long before = mappedHuge();
      file.get(ValueLayout.JAVA_BYTE, bytes / 2);
      return before < mappedHuge();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Kilobytes of files that this process has mapped in huge pages; 0 if the system does not say.
   */
  private static long mappedHuge() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/smaps_rollup"))) {
        if (line.startsWith("FilePmdMapped:")) {
          return Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
    } catch (IOException e) {
      return 0;
    }
    return 0;
  }
}
