package dev.lgc.runtime.device.cpu;

import dev.lgc.runtime.tensor.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Keeps each thread of a pool on a core of its own, where the pool has as many threads as this
 * process has cores. Threads that wait for each other by spinning look to some schedulers like one
 * thread's worth of work, and are put on one core, where they only get in each other's way.
 *
 * <p>On Linux; elsewhere, and where there are fewer threads than cores, threads stay where the
 * system puts them.
 */
final class CoreAffinity {
  /** Bytes of a set of cores: the kernel's default, 8192 cores. */
  private static final long BYTES = 1024;

  private static final MethodHandle GET = handle("sched_getaffinity");
  private static final MethodHandle SET = handle("sched_setaffinity");

  private final MemorySegment all;
  private final List<MemorySegment> each;

  private CoreAffinity(MemorySegment all, List<MemorySegment> each) {
    this.all = all;
    this.each = each;
  }

  private static MethodHandle handle(String name) {
    return SystemCalls.handle(
        name,
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS));
  }

  /** The cores for a pool of {@code threads}, where each can have one. */
  static Optional<CoreAffinity> of(int threads) {
    if (GET == null || SET == null || threads < 2) {
      return Optional.empty();
    }
    Arena arena = Arena.ofAuto();
    MemorySegment all = arena.allocate(BYTES, Long.BYTES);
    List<MemorySegment> each = new ArrayList<>();
    if (call(GET, all)) {
      for (long i = 0; i < BYTES; i++) {
        for (int bit = 1; bit < 256; bit <<= 1) {
          if ((all.get(ValueLayout.JAVA_BYTE, i) & bit) != 0) {
            MemorySegment one = arena.allocate(BYTES, Long.BYTES);
            one.set(ValueLayout.JAVA_BYTE, i, (byte) bit);
            each.add(one);
          }
        }
      }
    }
    return each.size() == threads ? Optional.of(new CoreAffinity(all, each)) : Optional.empty();
  }

  /** Keeps the current thread on the core of a thread of the pool. */
  void keep(int thread) {
    call(SET, each.get(thread));
  }

  /** Lets the current thread go to any core again. */
  void release() {
    call(SET, all);
  }

  /** A system call for the current thread and a set of cores: whether it was obeyed. */
  private static boolean call(MethodHandle function, MemorySegment set) {
    try {
      return (int) function.invokeExact(0, BYTES, set) >= 0;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
