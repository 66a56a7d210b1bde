package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.Slot;
import dev.lgc.runtime.tensor.PlanMemory;
import java.util.function.BooleanSupplier;

/**
 * A plan loaded on a device. Not for several threads at once.
 *
 * <p>The host reads and writes the plan's values in {@link #memory}. Where the device computes in
 * that very memory there is nothing more to do. A device with memory of its own keeps the two in
 * step: constants cross when it loads, a step's inputs and outputs at every run, everything else
 * only by {@link #pull} and {@link #push}.
 */
public interface Program extends AutoCloseable {
  /** The host's view of the plan's values; stays where it is until the program closes. */
  PlanMemory memory();

  /** Does ahead what the first run of a step would do once: compiling its kernels. */
  default void prepare(String step) {}

  /**
   * Runs a step: reads its inputs from the host's memory, and leaves its outputs there.
   *
   * @param observer told of every kernel call, or null; after a call it may {@link #pull} what the
   *     call has written
   */
  void run(String step, CallObserver observer);

  /**
   * {@link #run} that ends early, between two kernels, once it is asked to.
   *
   * @param stop asked before every kernel call, by the calling thread
   * @return false if it ended early: what the step writes is undefined then
   */
  default boolean run(String step, CallObserver observer, BooleanSupplier stop) {
    run(step, observer);
    return true;
  }

  /** Returns true if a run can end early; else it ends with its step. */
  default boolean endsEarly() {
    return false;
  }

  /** Brings a slot's host memory up to date with what steps have computed. */
  default void pull(Slot slot) {}

  /**
   * Says that the host is changing a slot, which was pulled: the next run is to begin with what the
   * host's memory holds then.
   */
  default void push(Slot slot) {}

  /** Frees the memory too. */
  @Override
  void close();
}
