package dev.lgc.runtime.measure;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.plan.StepId.Kind;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The work that a user waits for: several steps of a plan together, such as a step of training.
 *
 * @param name what they make
 * @param runs how often each step runs for it
 */
public record Workload(String name, Map<String, Long> runs) {

  /** A training step is all gradients and updates; a batch of samples, a prefill and its steps. */
  public static Optional<Workload> of(CheckedModel model, List<StepId> steps) {
    return of(model, steps, 1, 1);
  }

  /**
   * The same, where a training step computes its gradients in parts.
   *
   * @param parts that a process computes
   * @param shards that these are of
   */
  public static Optional<Workload> of(
      CheckedModel model, List<StepId> steps, int parts, int shards) {
    Map<String, Long> runs = new LinkedHashMap<>();
    for (StepId s : steps) {
      long n = training(s, steps, parts, shards);
      if (n > 0) {
        runs.put(s.name(), n);
      }
    }
    if (!runs.isEmpty()) {
      return Optional.of(new Workload("one step of training", runs));
    }
    for (Entry e : model.entries(Entry.Kind.GENERATE)) {
      for (StepId s : steps) {
        if (s.entry().equals(e.name())) {
          runs.put(s.name(), runs(e, s));
        }
      }
      return Optional.of(new Workload("drawing one batch of " + e.generated() + " codes", runs));
    }
    return Optional.empty();
  }

  /** The number of times that one of the steps of training runs; 0 for other steps. */
  private static long training(StepId step, List<StepId> steps, int parts, int shards) {
    return switch (step.kind()) {
      case GRADIENTS -> isAdded(step, Kind.ACCUMULATE, steps) ? shards : parts;
      case ACCUMULATE -> parts - shards - (isAdded(step, Kind.REDUCE, steps) ? shards : 0);
      case REDUCE -> shards;
      case COMBINE -> combined(shards, step.level().orElseThrow());
      case UPDATE -> 1;
      case INITIALISE, EVALUATE, LOSS, PREFILL, STEP -> 0;
    };
  }

  /** Returns true if another step adds gradients to those of an objective. */
  private static boolean isAdded(StepId of, Kind kind, List<StepId> steps) {
    return steps.contains(new StepId(of.entry(), kind));
  }

  /** The number of shards after which sums are there up to a level of their tree. */
  private static long combined(int shards, int level) {
    return IntStream.range(0, shards).filter(s -> Request.Sharding.level(s) == level).count();
  }

  /** The number of times that one of a generator's steps runs for a batch of samples. */
  public static long runs(Entry generator, StepId step) {
    return step.kind() == StepId.Kind.STEP ? generator.generated() - 1L : 1;
  }

  /** The cost of all. */
  public Cost cost(Function<String, Cost> ofStep) {
    return runs.entrySet().stream()
        .map(e -> ofStep.apply(e.getKey()).times(e.getValue()))
        .reduce(Cost.NONE, Cost::plus);
  }

  /** The time of all. */
  public double seconds(ToDoubleFunction<String> ofStep) {
    return runs.entrySet().stream()
        .mapToDouble(e -> ofStep.applyAsDouble(e.getKey()) * e.getValue())
        .sum();
  }
}
