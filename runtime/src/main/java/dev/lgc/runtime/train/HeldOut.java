package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.exec.Session;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The losses of samples that a run does not learn from. Those of a step are due from the end of the
 * step until they are measured: a checkpoint between the two says so, and a run that goes on from
 * it measures them first.
 */
final class HeldOut {
  /** The fact of a checkpoint whose step is not measured yet. */
  private static final String DUE = "held_out_due";

  private final RunConfig config;
  private final Session session;
  private final TrainData data;
  private final Batch batch;
  private final List<ObjectiveRunner> objectives;
  private boolean due;

  /**
   * Of a run.
   *
   * @param saved facts of the checkpoint that it goes on from
   */
  HeldOut(
      RunConfig config,
      Session session,
      TrainData data,
      Batch batch,
      List<ObjectiveRunner> objectives,
      Map<String, String> saved) {
    this.config = config;
    this.session = session;
    this.data = data;
    this.batch = batch;
    this.objectives = objectives;
    this.due = data.hasHeldOut() && saved.containsKey(DUE);
  }

  /** The facts that a checkpoint keeps. */
  Map<String, String> facts() {
    return due ? Map.of(DUE, "true") : Map.of();
  }

  /** Returns true if those of the last step that is done are to be measured. */
  boolean isDue() {
    return due;
  }

  /** A step is done; {@code last} if none follows. */
  void stepDone(long done, boolean last) {
    due = data.hasHeldOut() && (last || done % config.log().heldOutEvery() == 0);
  }

  /** The losses by objective, after {@code done} steps; empty if measuring them was stopped. */
  Optional<Map<String, Double>> measure(long done, BooleanSupplier stop) {
    Map<String, Double> sums = new LinkedHashMap<>();
    int batches = config.log().heldOutBatches();
    try (BatchLoader loader = data.heldOut(batch)) {
      for (int i = 0; i < batches && !stop.getAsBoolean(); i++) {
        loader.next();
        int micro = i;
        for (ObjectiveRunner o : objectives) {
          session
              .unlessStopped(stop, () -> o.loss(config.seed(), done, micro) / (double) batches)
              .ifPresent(loss -> sums.merge(o.entry().name(), loss, Double::sum));
        }
      }
    }
    if (stop.getAsBoolean()) {
      return Optional.empty();
    }
    due = false;
    return Optional.of(sums);
  }
}
