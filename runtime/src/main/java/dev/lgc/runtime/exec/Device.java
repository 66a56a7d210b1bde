package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.ExecutionPlan;

/** Something that runs plans. */
public interface Device extends AutoCloseable {
  /** For reports, such as {@code cpu (2 threads, 16 lanes)}. */
  String name();

  /** Allocates a plan's memory, with its constants in place, and makes the plan ready to run. */
  Program load(ExecutionPlan plan);

  @Override
  void close();
}
