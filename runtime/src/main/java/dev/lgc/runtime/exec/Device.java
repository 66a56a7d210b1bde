package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.runtime.tensor.PlanMemory;

/** Something that runs plans. */
public interface Device extends AutoCloseable {
  /** For reports, such as {@code cpu (2 threads, 16 lanes)}. */
  String name();

  /** Makes a plan ready to run in some memory. */
  Program load(ExecutionPlan plan, PlanMemory memory);

  @Override
  void close();
}
