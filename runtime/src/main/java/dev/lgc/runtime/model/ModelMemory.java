package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryGuard;
import dev.lgc.runtime.memory.MemoryNeed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntToLongFunction;

/**
 * The memory of models that are loaded together, and that of other ways to load them.
 *
 * @param models planned for batches of the same size
 * @param device that will run them
 * @param held bytes that the command holds beside them for a batch of so many samples: pictures
 *     that wait, and the like
 */
public record ModelMemory(List<PlannedModel> models, Device device, IntToLongFunction held) {
  public ModelMemory {
    models = List.copyOf(models);
  }

  /** Refuses models that do not fit into this machine's memory together. */
  public void require(String what, Consumer<String> warn) {
    require(what, MemoryBounds.here(), warn);
  }

  /**
   * Refuses models that do not fit into memory together, before anything of them is allocated.
   *
   * @param what is to be done with them, as in {@code sampling Gen}
   * @param bounds of the memory that they may take
   * @param warn is told if they fit but barely
   * @throws BadInputException if they do not: with what the limit is, and what helps by how much
   */
  public void require(String what, MemoryBounds bounds, Consumer<String> warn) {
    MemoryGuard.require(
        what,
        need(models.stream().map(PlannedModel::plan).toList(), batch()),
        bounds,
        () -> remedies(bounds),
        warn,
        s -> {
          throw new BadInputException(
              s.what() + ": there are " + s.found(), s.expected(), s.hint());
        });
  }

  private int batch() {
    return models.stream().mapToInt(PlannedModel::batch).max().orElse(1);
  }

  private MemoryNeed need(List<ExecutionPlan> plans, int batch) {
    return device.need(plans).withBuffers(held.applyAsLong(batch));
  }

  private List<MemoryGuard.Remedy> remedies(MemoryBounds bounds) {
    int batch = batch();
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

  /** Returns true for the weights of a generator in f32, which the user may have quantized. */
  private static boolean mayBeQuantized(PlannedModel m) {
    List<Request> requests = m.requests().apply(m.model());
    return m.image().isEmpty()
        && requests.stream().anyMatch(r -> r instanceof Request.Generate)
        && requests.stream()
            .noneMatch(r -> r instanceof Request.StoreWeights s && s.type().isQuantized());
  }

  /** The need for other batches or with other weights; null if that cannot be planned. */
  private MemoryNeed need(int batch, Optional<WeightType> type) {
    try {
      List<ExecutionPlan> plans = new ArrayList<>();
      for (PlannedModel m : models) {
        CheckedModel model = m.about().check(Math.min(batch, m.batch()));
        List<Request> requests = new ArrayList<>(m.requests().apply(Outline.of(model)));
        if (type.isPresent() && mayBeQuantized(m)) {
          boolean packed =
              requests.stream().anyMatch(r -> r instanceof Request.StoreWeights s && s.packed());
          requests.removeIf(r -> r instanceof Request.StoreWeights);
          requests.add(new Request.StoreWeights(type.get(), packed));
        }
        plans.add(Models.plan(model, requests));
      }
      return need(plans, batch);
    } catch (UserError | BadInputException e) {
      return null; // the model is not for such batches
    }
  }
}
