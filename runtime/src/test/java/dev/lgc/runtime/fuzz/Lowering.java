package dev.lgc.runtime.fuzz;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.pipeline.UnfitModelException;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.device.cpu.CpuDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** From a checked model to the code of every kernel of everything that it can do. */
final class Lowering {
  private static final Request.Optimizer ADAM =
      new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, true);

  private Lowering() {}

  /** Elements of all values of all entries. */
  static long elements(CheckedModel model) {
    long n = 0;
    for (Entry e : model.entries()) {
      for (Definition d : e.values()) {
        n += d.type().shape().elements();
      }
    }
    return n;
  }

  /**
   * Plans a model and makes the code of its kernels.
   *
   * @return what the model's author has to change, if that is why there is no plan
   */
  static Optional<String> of(CheckedModel model, boolean accumulate) {
    List<Request> all = new ArrayList<>();
    for (Entry e : model.entries()) {
      switch (e.kind()) {
        case OBJECTIVE -> all.add(new Request.Train(e.name(), ADAM, accumulate));
        case GENERATE -> {
          boolean guided = e.hasNulls();
          all.add(new Request.Generate(e.name(), guided, true, true));
        }
        case FUNCTION -> {
          if (!e.name().endsWith(".loss")) {
            all.add(new Request.Evaluate(e.name()));
          }
        }
      }
    }
    all.add(new Request.Initialise());
    ExecutionPlan plan;
    try {
      plan = Compiler.compile(model, all);
    } catch (UnfitModelException e) {
      return Optional.of(e.getMessage());
    }
    try (CpuDevice device = new CpuDevice(2)) {
      plan.steps().keySet().forEach(step -> device.prepare(plan, step));
    }
    return Optional.empty();
  }
}
