package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryGuard;
import dev.lgc.runtime.memory.MemoryNeed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What memory models take that are loaded together, and what they would take otherwise.
 *
 * @param models planned for batches of the same size
 */
record ModelMemory(List<PlannedModel> models) {
  /** Refuses what does not fit. */
  void require(String what, MemoryBounds bounds, Consumer<String> warn) {
    MemoryGuard.require(
        what,
        MemoryNeed.of(models.stream().map(PlannedModel::plan).toList()),
        bounds,
        () -> remedies(bounds),
        warn,
        s -> {
          throw new BadInputException(
              s.what() + ": there are " + s.found(), s.expected(), s.hint());
        });
  }

  private List<MemoryGuard.Remedy> remedies(MemoryBounds bounds) {
    int batch = models.stream().mapToInt(PlannedModel::batch).max().orElse(1);
    List<MemoryGuard.Remedy> all = new ArrayList<>();
    MemoryGuard.Remedy.first(
            MemoryGuard.Remedy.halves(batch),
            b -> "-b " + b,
            b -> need(b, Optional.empty()),
            bounds)
        .ifPresent(all::add);
    if (models.stream().anyMatch(ModelMemory::mayBeQuantized)) {
      for (WeightType type : WeightType.quantized()) {
        all.add(
            new MemoryGuard.Remedy(
                "--weights-type " + type.keyword(), () -> need(batch, Optional.of(type))));
      }
    }
    return all;
  }

  /** Whether weights are those of a generator in f32, which the user may ask for in fewer bits. */
  private static boolean mayBeQuantized(PlannedModel m) {
    List<Request> requests = m.requests().apply(m.model());
    return m.image().isEmpty()
        && requests.stream().anyMatch(r -> r instanceof Request.Generate)
        && requests.stream()
            .noneMatch(r -> r instanceof Request.StoreWeights s && s.type().isQuantized());
  }

  /** What they take for other batches or with other weights; null if that cannot be planned. */
  private MemoryNeed need(int batch, Optional<WeightType> type) {
    try {
      List<ExecutionPlan> plans = new ArrayList<>();
      for (PlannedModel m : models) {
        CheckedModel model = m.about().check(Math.min(batch, m.batch()));
        List<Request> requests = new ArrayList<>(m.requests().apply(model.outline()));
        if (type.isPresent() && mayBeQuantized(m)) {
          boolean packed =
              requests.stream().anyMatch(r -> r instanceof Request.StoreWeights s && s.packed());
          requests.removeIf(r -> r instanceof Request.StoreWeights);
          requests.add(new Request.StoreWeights(type.get(), packed));
        }
        plans.add(Models.plan(model, requests));
      }
      return MemoryNeed.of(plans);
    } catch (UserError | BadInputException e) {
      return null; // the model is not for such batches
    }
  }
}
