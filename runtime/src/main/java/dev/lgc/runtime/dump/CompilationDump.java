package dev.lgc.runtime.dump;

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
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The stages of a compilation, as text.
 *
 * @param model the model that is compiled
 * @param purposes the requests that are planned together, for each purpose
 * @param memory bytes that a plan with training in it may take
 * @param plans gives the plans; not called unless an item needs them
 */
public record CompilationDump(
    CheckedModel model,
    List<List<Request>> purposes,
    long memory,
    Supplier<List<ExecutionPlan>> plans) {

  /**
   * The items, one after the other.
   *
   * @param step the step whose graphs are printed; empty for all
   * @throws BadInputException if there is no such step
   */
  public String text(List<DumpItem> items, String step) {
    if (!step.isEmpty() && !items.isEmpty()) {
      StepGraphs.requireStep(step, StepGraphs.of(model, purposes).byName().keySet());
    }
    StringBuilder s = new StringBuilder();
    Lazy<List<ExecutionPlan>> made = new Lazy<>(plans);
    Lazy<PassTrace> trace = new Lazy<>(this::traced);
    for (DumpItem d : items) {
      s.append(
          switch (d) {
            case DumpItem.After after -> trace.get().graphs(after.pass(), step);
            case DumpItem.Stage stage ->
                switch (stage) {
                  case model -> Dump.of(model);
                  case graph -> StepGraphs.of(model, purposes).text(step);
                  case passes -> PassTrace.passes();
                  case times -> trace.get().times();
                  case fused -> each(made.get(), PlanDump::fused);
                  case kernels -> each(made.get(), PlanDump::kernels);
                  case bytecode -> each(made.get(), p -> CpuTarget.bytecode(p, _ -> true));
                  case memory -> each(made.get(), MemoryDump::of);
                };
          });
    }
    return s.toString();
  }

  /** The passes as they run when the model is planned once more. */
  private PassTrace traced() {
    PassTrace trace = new PassTrace();
    Models.plans(model, purposes, memory, trace);
    return trace;
  }

  private static String each(List<ExecutionPlan> plans, Function<ExecutionPlan, String> text) {
    return plans.stream().map(text).collect(Collectors.joining());
  }

  /** A value that is made when it is first asked for. */
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
}
