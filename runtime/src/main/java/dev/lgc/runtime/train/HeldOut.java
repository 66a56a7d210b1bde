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
    Map<String, Double> sums = new LinkedHashMap<>();
    try (BatchLoader loader = data.heldOut(batch, new RankShare(own, groups, 1))) {
      for (int first = 0; first < batches; first += groups) {
        double[] mine = losses(loader, done, first + own, stop);
        mine[objectives.size()] = stop.getAsBoolean() ? 1 : 0;
        List<double[]> all = Exchange.numbers(ranks, mine);
        if (all.stream().anyMatch(said -> said[objectives.size()] != 0)) {
          return Optional.empty();
        }
        // A group's loss is that of its first rank.
        for (int group = 0; group < groups && first + group < batches; group++) {
          double[] losses = all.get(group * parts.group());
          for (int o = 0; o < objectives.size(); o++) {
            sums.merge(objectives.get(o).entry().name(), losses[o] / batches, Double::sum);
          }
        }
      }
    }
    due = false;
    return Optional.of(sums);
  }

  /**
   * The losses of batch {@code i} by objective, with room for another number; of one beyond the
   * last, or where this rank has none to measure, they mean nothing.
   */
  private double[] losses(BatchLoader loader, long done, int i, BooleanSupplier stop) {
    double[] losses = new double[objectives.size() + 1];
    boolean counts = i < config.log().heldOutBatches() && (divided || ranks.rank() == 0);
    if (!counts && !parts.hasBlocks()) {
      return losses;
    }
    if (i < config.log().heldOutBatches()) {
      loader.next();
    }
    for (int o = 0; o < objectives.size(); o++) {
      ObjectiveRunner runner = objectives.get(o);
      losses[o] =
          session
              .unlessStopped(
                  () -> ranks.size() == 1 && stop.getAsBoolean(),
                  () -> (double) runner.loss(config.seed(), done, i))
              .orElse(Double.NaN);
    }
    return losses;
  }
}
