package dev.lgc.compiler.plan;

import dev.lgc.compiler.graph.Origin;
import java.util.List;

/** One thing that a step does: a kernel on slots, or a collective between ranks. */
public sealed interface Call permits KernelCall, CollectiveCall {
  /**
   * The slots it works on; {@link ExecutionPlan#reads} and {@link ExecutionPlan#writes} say how.
   */
  List<Slot> slots();

  /** The most telling {@code .arch} line. */
  Origin origin();

  /** The ops in it, for reports. */
  String label();
}
