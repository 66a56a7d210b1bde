package dev.lgc.runtime.cli;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.pipeline.Pass;
import dev.lgc.compiler.pipeline.PassTrace;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.PlanDump;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Dump;
import dev.lgc.runtime.device.cpu.CpuTarget;
import dev.lgc.runtime.io.BadInputException;
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

  /**
   * Prints {@code wanted}.
   *
   * @param purposes what is asked for together, each as it is planned
   * @param memory bytes that a plan with training in it may take
   * @param made gives the plans; not asked where nothing that is wanted needs them
   * @param step only this step's graph; empty for all
   */
  static String of(
      CheckedModel model,
      List<List<Request>> purposes,
      long memory,
      Supplier<List<ExecutionPlan>> made,
      List<Dumped> wanted,
      String step) {
    StringBuilder s = new StringBuilder();
    if (!step.isEmpty() && !wanted.isEmpty()) {
      List<String> names = graphs(model, purposes).stream().map(Graph::name).toList();
      if (!names.contains(step)) {
        throw new BadInputException("step " + step, "one of " + String.join(", ", names), "");
      }
    }
    Lazy<List<ExecutionPlan>> plans = new Lazy<>(made);
    Lazy<PassTrace> trace =
        new Lazy<>(
            () -> {
              PassTrace t = new PassTrace();
              Models.plans(model, purposes, memory, t);
              return t;
            });
    for (Dumped d : wanted) {
      s.append(
          switch (d) {
            case Dumped.After(Pass pass) -> trace.get().graphs(pass, step);
            case Dumped.Stage stage ->
                switch (stage) {
                  case model -> Dump.of(model);
                  case graph -> graphs(model, purposes, step);
                  case passes -> PassTrace.passes();
                  case times -> trace.get().times();
                  case fused -> each(plans.get(), PlanDump::fused);
                  case kernels -> each(plans.get(), PlanDump::kernels);
                  case bytecode -> each(plans.get(), p -> CpuTarget.bytecode(p, _ -> true));
                  case memory -> each(plans.get(), MemoryDump::of);
                };
          });
    }
    return s.toString();
  }

  /** Something that is made when it is first asked for. */
  private static final class Lazy<T> {
    private final Supplier<T> make;
    private T made;

    Lazy(Supplier<T> make) {
      this.make = make;
    }

    T get() {
      if (made == null) {
        made = make.get();
      }
      return made;
    }
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
