package dev.lgc.runtime.measure;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * What a user waits for: several steps of a plan together.
 *
 * @param name what they make
 * @param runs how often each step runs for it
 */
public record Whole(String name, Map<String, Long> runs) {

  /** A training step is all gradients and updates; a batch of samples, a prefill and its steps. */
  public static Optional<Whole> of(CheckedModel model, List<StepId> steps) {
    return of(model, steps, 1);
  }

  /**
   * The same, where a training step computes its gradients in parts.
   *
   * @param micros how many parts
   */
  public static Optional<Whole> of(CheckedModel model, List<StepId> steps, int micros) {
    Map<String, Long> runs = new LinkedHashMap<>();
    for (StepId s : steps) {
      if (s.kind() == StepId.Kind.GRADIENTS || s.kind() == StepId.Kind.UPDATE) {
        runs.put(s.name(), s.kind() == StepId.Kind.UPDATE ? 1L : micros);
      }
    }
    if (!runs.isEmpty()) {
      return Optional.of(new Whole("one step of training", runs));
    }
    for (Entry e : model.entries(Entry.Kind.GENERATE)) {
      for (StepId s : steps) {
        if (s.entry().equals(e.name())) {
          runs.put(s.name(), runs(e, s));
        }
      }
      return Optional.of(new Whole("drawing one batch of " + e.generated() + " codes", runs));
    }
    return Optional.empty();
  }

  /** How often one of a generator's steps runs for a batch of samples. */
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
