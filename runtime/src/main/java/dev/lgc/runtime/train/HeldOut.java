package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.data.RankShare;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.Ranks;
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
  private final Ranks ranks;
  private final BatchParts parts;
  private final boolean divided;
  private final Session session;
  private final TrainData data;
  private final Batch batch;
  private final List<ObjectiveRunner> objectives;
  private boolean due;

  /**
   * Of a run.
   *
   * @param buffers of the shards: where there are any, the losses are those with the first shard's
   * @param saved facts of the checkpoint that it goes on from
   */
  HeldOut(
      RunConfig config,
      Ranks ranks,
      BatchParts parts,
      ShardBuffers buffers,
      Session session,
      TrainData data,
      Batch batch,
      List<ObjectiveRunner> objectives,
      Map<String, String> saved) {
    this.config = config;
    this.ranks = ranks;
    this.parts = parts;
    this.divided = buffers.areNone();
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

  /**
   * The losses by objective, after {@code done} steps; empty if measuring them was stopped. All
   * ranks measure them at once: each group of ranks its share of the batches. Their sum has one
   * order, so the number of ranks changes no bit.
   *
   * @param stop ends it between two batches; of one rank within one, where the device can
   */
  Optional<Map<String, Double>> measure(long done, BooleanSupplier stop) {
    int batches = config.log().heldOutBatches();
    int groups = divided ? parts.groups() : 1;
    int own = divided ? parts.ofGroup() : 0;
    double[] losses = new double[batches * objectives.size()];
    try (BatchLoader loader = data.heldOut(batch, new RankShare(own, groups, 1))) {
      for (int first = 0; first < batches; first += groups) {
        if (Exchange.any(ranks, stop.getAsBoolean())) {
          return Optional.empty();
        }
        if (isComputing()) {
          batch(loader, done, first + own, losses, stop);
        }
      }
    }
    if (Exchange.any(ranks, stop.getAsBoolean())) {
      return Optional.empty();
    }
    due = false;
    return Optional.of(sum(Exchange.numbers(ranks, losses), groups));
  }

  /** True if this rank has something to compute, or others need its part of the parameters. */
  private boolean isComputing() {
    return divided || parts.hasBlocks() || ranks.rank() == 0;
  }

  /** The losses of batch {@code i}; one beyond the last is computed for the other ranks only. */
  private void batch(BatchLoader loader, long done, int i, double[] losses, BooleanSupplier stop) {
    boolean counts = (i + 1) * objectives.size() <= losses.length;
    if (!counts && !parts.hasBlocks()) {
      return;
    }
    if (counts) {
      loader.next();
    }
    for (int o = 0; o < objectives.size(); o++) {
      ObjectiveRunner runner = objectives.get(o);
      Optional<Float> loss =
          session.unlessStopped(
              () -> ranks.size() == 1 && stop.getAsBoolean(),
              () -> runner.loss(config.seed(), done, i));
      if (counts) {
        losses[i * objectives.size() + o] = loss.orElse(Float.NaN);
      }
    }
  }

  /** The mean loss of each objective; a batch's is taken from the first rank of its group. */
  private Map<String, Double> sum(List<double[]> all, int groups) {
    int batches = config.log().heldOutBatches();
    Map<String, Double> sums = new LinkedHashMap<>();
    for (int i = 0; i < batches; i++) {
      double[] losses = all.get(i % groups * parts.group());
      for (int o = 0; o < objectives.size(); o++) {
        double loss = losses[i * objectives.size() + o] / batches;
        sums.merge(objectives.get(o).entry().name(), loss, Double::sum);
      }
    }
    return sums;
  }
}
