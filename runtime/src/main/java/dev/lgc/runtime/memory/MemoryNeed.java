package dev.lgc.runtime.memory;

import dev.lgc.compiler.plan.ExecutionPlan;
import java.util.List;

/**
 * What a process takes that has some plans loaded at once.
 *
 * @param tensors bytes of the plans' arenas
 * @param kernels how many kernels are compiled for them
 * @param buffers bytes of what is allocated beside: batches, and what a step may have to restore
 */
public record MemoryNeed(long tensors, int kernels, long buffers) {
  /**
   * What the process takes beside the tensors: the JVM with its heap; and for each kernel its code,
   * what the JVM's compiler knows of it, and its scratch. Fitted on Linux to runs with two threads;
   * the peak was 6 % above it at most (docs/results).
   */
  private static final long JVM = 154L << 20;

  private static final long KERNEL = 566_000;

  /** Of plans that are loaded at once. */
  public static MemoryNeed of(List<ExecutionPlan> plans) {
    return new MemoryNeed(
        plans.stream().mapToLong(ExecutionPlan::totalBytes).sum(),
        plans.stream().mapToInt(p -> p.kernels().size()).sum(),
        0);
  }

  /** Of one plan. */
  public static MemoryNeed of(ExecutionPlan plan) {
    return of(List.of(plan));
  }

  /** The same with more buffers. */
  public MemoryNeed withBuffers(long bytes) {
    return new MemoryNeed(tensors, kernels, buffers + bytes);
  }

  /** Bytes beside the tensors. */
  public long beside() {
    return JVM + kernels * KERNEL + buffers;
  }

  /** The peak of the process, in bytes. */
  public long process() {
    return tensors + beside();
  }
}
