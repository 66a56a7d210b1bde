package dev.lgc.runtime.memory;

import dev.lgc.compiler.plan.ExecutionPlan;
import java.util.List;

/**
 * The memory that a process takes which has some plans loaded at once.
 *
 * @param tensors bytes of the plans' arenas
 * @param kernels how many kernels are compiled for them
 * @param buffers bytes of what is allocated beside: the memory that kernels work in, batches, what
 *     a step may have to restore, pictures that wait
 * @param copy bytes of a copy that is made beside all that, if it is no more than half of what is
 *     left then: of what is saved, for steps to go on meanwhile
 */
public record MemoryNeed(long tensors, int kernels, long buffers, long copy) {
  /**
   * Bytes that the process takes besides the tensors: the JVM with its heap; and for each kernel
   * its code and what the JVM's compiler knows of it. Fitted on Linux to four training runs with
   * two threads, which stay within 5 % (docs/results); commands that do not train take up to 16 %
   * more than is predicted with them, of which pages of files are a part.
   *
   * <p>The memory that kernels work in was not counted apart in the runs of the fit: 0.5 to 2.7 MiB
   * of the 275 to 354 MiB that these took. Now that it is a part of {@link #buffers}, that much is
   * counted twice: less than 2 % of {@code KERNEL}, by the same fit without it.
   */
  private static final long JVM = 154L << 20;

  private static final long KERNEL = 566_000;

  /** Of plans that are loaded at once. */
  public static MemoryNeed of(List<ExecutionPlan> plans) {
    return new MemoryNeed(
        plans.stream().mapToLong(ExecutionPlan::totalBytes).sum(),
        plans.stream().mapToInt(p -> p.kernels().size()).sum(),
        0,
        0);
  }

  /** Of one plan. */
  public static MemoryNeed of(ExecutionPlan plan) {
    return of(List.of(plan));
  }

  /** The same with more buffers. */
  public MemoryNeed withBuffers(long bytes) {
    return new MemoryNeed(tensors, kernels, buffers + bytes, copy);
  }

  /** The same with a copy of so many bytes, where memory allows it. */
  public MemoryNeed withCopy(long bytes) {
    return new MemoryNeed(tensors, kernels, buffers, bytes);
  }

  /** Bytes beside the tensors. */
  public long beside() {
    return JVM + kernels * KERNEL + buffers;
  }

  /** The peak of the process without the copy, in bytes. */
  public long process() {
    return tensors + beside();
  }
}
