package dev.lgc.compiler.emit.jvm;

/**
 * A kernel's code, ready to run. Stateless: threads run it at the same time on ranges that do not
 * overlap.
 *
 * <p>A kernel runs in phases; every unit of a phase is done before the next phase starts.
 */
@FunctionalInterface
public interface KernelCode {
  /**
   * Computes units {@code from} (inclusive) to {@code to} (exclusive) of a phase.
   *
   * @param buffers the address of each buffer
   * @param shared the address of memory that all threads share for the time of this call, {@link
   *     Launch#sharedBytes} long
   * @param scratch the address of this thread's memory, {@link Launch#scratchBytes} long
   */
  void run(int phase, long[] buffers, long shared, long scratch, long from, long to);

  /**
   * Code that does the same, for a thread that runs the same units as others at the same time:
   * itself, unless they would wait for each other.
   */
  default KernelCode copy() {
    return this;
  }
}
