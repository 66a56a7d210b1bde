package dev.lgc.runtime.bench;

import dev.lgc.compiler.pipeline.MemoryLimitException;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.config.RunConfig.Precision;
import dev.lgc.runtime.estimate.PlanReport;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.measure.Measurement;
import dev.lgc.runtime.measure.Roofline;
import dev.lgc.runtime.measure.Workload;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryGuard;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.model.ModelArgument;
import dev.lgc.runtime.model.ModelRequests;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.train.TrainJob;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A model whose steps are measured, and the way it is planned.
 *
 * @param argument the model
 * @param model the same, checked
 * @param training true to measure training, false to measure inference
 * @param guided true to draw codes with guidance, which takes twice the rows
 * @param weights the type in which inference stores matrices
 * @param precision the type in which training computes products
 * @param memory bytes that the tensors of training may take
 */
public record Benchmark(
    ModelArgument argument,
    CheckedModel model,
    boolean training,
    boolean guided,
    WeightType weights,
    Precision precision,
    long memory) {

  /**
   * Plans the model for {@code device}.
   *
   * @param held bytes that are held beside the model's while its steps are measured
   * @param warn is told if memory may not suffice
   * @throws BadInputException if there is too little memory here, naming what would take less
   */
  public ExecutionPlan plan(Device device, long held, Consumer<String> warn) {
    ExecutionPlan plan =
        PlanReport.plans(model, List.of(requests(model, device, weights)), memory).getFirst();
    MemoryBounds bounds = MemoryBounds.here();
    MemoryGuard.require(
        "bench of " + model.name(),
        device.need(List.of(plan)).withBuffers(held),
        bounds,
        () -> remedies(device, held, bounds),
        warn,
        s -> {
          throw new BadInputException(
              s.what() + ": there are " + s.found(), s.expected(), s.hint());
        });
    return plan;
  }

  private List<MemoryGuard.Remedy> remedies(Device device, long held, MemoryBounds bounds) {
    List<MemoryGuard.Remedy> all = new ArrayList<>();
    MemoryGuard.Remedy.first(
            MemoryGuard.Remedy.halves(argument.batch()),
            n -> "--batch " + n,
            n -> need(argument.withBatch(n).check(), device, weights, memory).withBuffers(held),
            bounds)
        .ifPresent(all::add);
    if (training) {
      all.add(
          new MemoryGuard.Remedy("--memory at its least", () -> least(device).withBuffers(held)));
    } else if (!weights.isQuantized()) {
      for (WeightType t : WeightType.quantized()) {
        all.add(
            new MemoryGuard.Remedy(
                "--weights-type " + t.keyword(),
                () -> need(model, device, t, Long.MAX_VALUE).withBuffers(held)));
      }
    }
    return all;
  }

  private MemoryNeed least(Device device) {
    try {
      return need(model, device, WeightType.F32, 1);
    } catch (MemoryLimitException e) {
      return need(model, device, WeightType.F32, e.least());
    }
  }

  private MemoryNeed need(CheckedModel of, Device device, WeightType type, long bytes) {
    return device.need(Models.plans(of, List.of(requests(of, device, type)), bytes));
  }

  private List<Request> requests(CheckedModel of, Device device, WeightType type) {
    List<Request> requests = new ArrayList<>();
    requests.add(new Request.Initialise());
    requests.addAll(
        training
            ? TrainJob.in(precision, ModelRequests.training(of, false))
            : ModelRequests.rounded(
                ModelRequests.stored(
                    ModelRequests.inference(of, guided), type, device.readsPackedWeights()),
                type,
                device.multipliesBf16()));
    return requests;
  }

  /**
   * The steps that are measured: all but initialisation, or those that are named.
   *
   * @throws BadInputException if there is no step of a name
   */
  public static List<Step> steps(ExecutionPlan plan, List<String> named) {
    List<String> names = new ArrayList<>(plan.steps().keySet());
    names.remove(StepId.INITIALISE.name());
    for (String name : named) {
      if (!names.contains(name)) {
        throw new BadInputException("step " + name, "one of " + String.join(", ", names), "");
      }
    }
    return names.stream()
        .filter(n -> named.isEmpty() || named.contains(n))
        .map(plan.steps()::get)
        .toList();
  }

  /**
   * Initialises the model, and measures steps, one after the other.
   *
   * @param seconds to measure each
   * @param each is told of every step's measurement as soon as it is there
   */
  public List<Measurement> measure(
      Session session,
      List<Step> steps,
      Roofline roofline,
      double seconds,
      Consumer<Measurement> each) {
    session.run(StepId.INITIALISE.name());
    List<Measurement> measured = new ArrayList<>();
    for (Step step : steps) {
      Measurement m = Measurement.of(session, step, positions(step), roofline, seconds);
      measured.add(m);
      each.accept(m);
    }
    return measured;
  }

  /** Positions of a sequence that a step is run for, one at a time; 1 for other steps. */
  private int positions(Step step) {
    return model.entries(Entry.Kind.GENERATE).stream()
        .filter(e -> step.id().entry().equals(e.name()))
        .mapToInt(e -> Math.toIntExact(Workload.runs(e, step.id())))
        .findFirst()
        .orElse(1);
  }
}
