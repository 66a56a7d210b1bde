package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.ExecutionPlan;

/** Something that runs plans. */
public interface Device extends AutoCloseable {
  /** For reports, such as {@code cpu (2 threads, 16 lanes)}. */
  String name();

  /** Allocates a plan's memory, with its constants in place, and makes the plan ready to run. */
  Program load(ExecutionPlan plan);

  /**
   * Makes a step's code ahead, where the device can do that at any time: while the plan is being
   * loaded, and by another thread than the one that will run it.
   */
  default void prepare(ExecutionPlan plan, String step) {}

  /**
   * Whether weights that are read to draw codes shall be held in panels: where one thread reads a
   * line of memory, not many a part of it each.
   */
  default boolean readsPanels() {
    return false;
  }

  @Override
  void close();
}
