package dev.lgc.runtime.cli;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.PlanDump;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Dump;
import dev.lgc.runtime.model.MemoryDump;
import dev.lgc.runtime.model.Models;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

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
   * @param purposes what is asked for together, each as it is planned
   * @param made gives the plans; not asked where no stage needs them
   * @param step only this step's graph; empty for all
   */
  static String of(
      CheckedModel model,
      List<List<Request>> purposes,
      Supplier<List<ExecutionPlan>> made,
      List<Stage> stages,
      String step) {
    StringBuilder s = new StringBuilder();
    if (stages.isEmpty()) {
      return "";
    }
    List<ExecutionPlan> plans = null;
    for (Stage stage : stages) {
      if (stage != Stage.model && stage != Stage.graph && plans == null) {
        plans = made.get();
      }
      s.append(
          switch (stage) {
            case model -> Dump.of(model);
            case graph -> graphs(model, purposes, step);
            case fused -> each(plans, PlanDump::fused);
            case kernels -> each(plans, PlanDump::kernels);
            case bytecode -> each(plans, Bytecode::of);
            case memory -> each(plans, MemoryDump::of);
          });
    }
    return s.toString();
  }

  private static String each(List<ExecutionPlan> plans, Function<ExecutionPlan, String> text) {
    return plans.stream().map(text).collect(Collectors.joining());
  }

  private static String graphs(CheckedModel model, List<List<Request>> purposes, String step) {
    StringBuilder s = new StringBuilder();
    graphs(model, purposes).stream()
        .filter(g -> step.isEmpty() || g.name().equals(step))
        .forEach(g -> s.append(GraphDump.dump(g)).append('\n'));
    return s.toString();
  }

  /** The graphs of all steps, by name; what several purposes have is there once. */
  static Collection<Graph> graphs(CheckedModel model, List<List<Request>> purposes) {
    Map<String, Graph> graphs = new LinkedHashMap<>();
    purposes.forEach(p -> Models.graphs(model, p).forEach(g -> graphs.putIfAbsent(g.name(), g)));
    return graphs.values();
  }
}
