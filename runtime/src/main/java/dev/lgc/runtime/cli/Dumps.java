package dev.lgc.runtime.cli;

import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.PlanDump;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Dump;
import dev.lgc.runtime.model.MemoryDump;
import dev.lgc.runtime.model.Models;
import java.util.List;

/** The stages of a compilation, as text. */
final class Dumps {
  private Dumps() {}

  /** What can be looked at. */
  enum Stage {
    /** The checked model: storage, entries. */
    model,
    /** Final graphs. */
    graph,
    /** Kernel calls of each step. */
    fused,
    /** Kernels. */
    kernels,
    /** Kernels as class files for the JVM, printed. */
    bytecode,
    /** Arenas and what is where. */
    memory
  }

  /**
   * Prints {@code stages}.
   *
   * @param compiled the plan, if there is one already; else null
   * @param step only this step's graph; empty for all
   */
  static String of(
      CheckedModel model,
      List<Request> requests,
      ExecutionPlan compiled,
      List<Stage> stages,
      String step) {
    StringBuilder s = new StringBuilder();
    if (stages.isEmpty()) {
      return "";
    }
    ExecutionPlan plan = compiled;
    for (Stage stage : stages) {
      if (stage != Stage.model && stage != Stage.graph && plan == null) {
        plan = Models.plan(model, requests);
      }
      s.append(
          switch (stage) {
            case model -> Dump.of(model);
            case graph -> graphs(model, requests, step);
            case fused -> PlanDump.fused(plan);
            case kernels -> PlanDump.kernels(plan);
            case bytecode -> Bytecode.of(plan);
            case memory -> MemoryDump.of(plan);
          });
    }
    return s.toString();
  }

  private static String graphs(CheckedModel model, List<Request> requests, String step) {
    StringBuilder s = new StringBuilder();
    Models.graphs(model, requests).stream()
        .filter(g -> step.isEmpty() || g.name().equals(step))
        .forEach(g -> s.append(GraphDump.dump(g)).append('\n'));
    return s.toString();
  }
}
