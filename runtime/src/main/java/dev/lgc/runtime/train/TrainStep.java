package dev.lgc.runtime.train;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RankSettings;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * One optimizer step of every objective. It can be given up until its first update: what it has
 * changed by then, which is buffers and meters, is put back. One that several ranks share is not
 * given up: it would leave the others waiting.
 */
final class TrainStep {
  private final RunConfig config;
  private final BatchParts parts;
  private final Session session;
  private final BatchLoader loader;
  private final List<ObjectiveRunner> objectives;
  private final LearningRate rates;
  private final AverageDecay averages;
  private final Meters meters;
  private final TrainListener listener;
  private final ShardBuffers buffers;
  private final Ranks ranks;

  /** Losses and reports of the parts that this rank computed in the step, in their order. */
  private final double[] scalars;

  private int counted;
  private final StepClock clock;

  /** Lengths of the gradients in the step before, which all ranks must have alike. */
  private final double[] norms;

  private boolean consistent = true;
  private boolean updated;

  TrainStep(
      RunConfig config,
      Ranks ranks,
      BatchParts parts,
      Session session,
      ShardBuffers buffers,
      BatchLoader loader,
      List<ObjectiveRunner> objectives,
      LearningRate rates,
      AverageDecay averages,
      Meters meters,
      TrainListener listener) {
    this.config = config;
    this.ranks = ranks;
    this.clock = new StepClock(ranks::collectives);
    this.parts = parts;
    this.session = session;
    this.buffers = buffers;
    int each = objectives.stream().mapToInt(o -> o.scalars().size()).sum();
    this.scalars = new double[each * parts.perRank() * parts.micros()];
    this.norms = new double[objectives.size()];
    this.loader = loader;
    this.objectives = objectives;
    this.rates = rates;
    this.averages = averages;
    this.meters = meters;
    this.listener = listener;
  }

  /** The time that whole steps have taken. */
  StepClock clock() {
    return clock;
  }

  /** Returns true if parameters and buffers are what whole steps have made of them. */
  boolean isConsistent() {
    return consistent;
  }

  /**
   * The step after {@code done} others.
   *
   * @param stop gives it up, where the device can and the run has one rank
   * @return false if it was given up: everything that a checkpoint holds is as it was before
   */
  boolean run(long done, BooleanSupplier stop) {
    buffers.keep();
    meters.keep();
    updated = false;
    boolean whole = false;
    clock.begin();
    try {
      whole =
          session
              .unlessStopped(
                  () -> !updated && ranks.size() == 1 && stop.getAsBoolean(), () -> whole(done))
              .isPresent();
      consistent = true;
    } finally {
      if (!whole && !updated) {
        buffers.restore();
        meters.restore();
      }
    }
    if (whole) {
      clock.end();
    }
    return whole;
  }

  private boolean whole(long done) {
    double rate = rates.at(done);
    counted = 0;
    for (int place = 0; place < parts.perRank(); place++) {
      buffers.enter(place);
      shard(place, rate, done);
      buffers.leave(place);
    }
    buffers.commit();
    count(done);
    if (parts.isSplit()) {
      objectives.forEach(o -> update(o, rate, done));
    }
    meters.stepDone(rate);
    return true;
  }

  /** Computes the gradients of a shard, and adds them to those of the shards before. */
  private void shard(int place, double rate, long done) {
    for (int m = 0; m < parts.micros(); m++) {
      fetch(place > 0 || m > 0);
      for (ObjectiveRunner o : objectives) {
        StepIo io =
            o.gradients(config.seed(), done, parts.part(place, m), m == 0, m == parts.micros() - 1);
        if (ranks.size() == 1 && !Float.isFinite(io.scalar(0))) {
          throw NonFinite.loss(session, io, o.entry(), done);
        }
        for (int i = 0; i < o.scalars().size(); i++) {
          scalars[counted++] = io.scalar(i);
        }
        if (!parts.isSplit()) {
          update(o, rate, done);
        }
      }
    }
    if (parts.perRank() > 1) {
      objectives.forEach(o -> o.combine(place));
    }
  }

  /** Counts the losses and reports of all ranks, in the order of the parts of the batch. */
  private void count(long done) {
    double[] mine = Arrays.copyOf(scalars, counted + norms.length);
    System.arraycopy(norms, 0, mine, counted, norms.length);
    List<double[]> all = Exchange.numbers(ranks, mine);
    for (int rank = 0; rank < all.size(); rank++) {
      double[] values = all.get(rank);
      if (config.reduction() == RankSettings.Reduction.TREE) {
        requireSameNorms(all.getFirst(), values, rank, done);
      }
      int at = 0;
      while (at < counted) {
        int shard = rank * parts.perRank() + at / (counted / parts.perRank());
        for (ObjectiveRunner o : objectives) {
          if (!Double.isFinite(values[at])) {
            throw NonFinite.loss(values[at], shard, o.entry(), done);
          }
          meters.add(o, values, at);
          at += o.scalars().size();
        }
      }
    }
  }

  /** Every rank updates parameters of its own: those that differ would drift apart unseen. */
  private void requireSameNorms(double[] first, double[] other, int rank, long done) {
    for (int i = counted; i < first.length; i++) {
      if (Double.doubleToRawLongBits(first[i]) != Double.doubleToRawLongBits(other[i])) {
        throw new SharedFailure(
            new BadInputException(
                Text.format(
                    "step %d: ranks 0 and %d have computed gradients of other lengths", done, rank),
                "the same bits on all ranks",
                "the processors and the lgc of all machines must be of one kind; checkpoints of"
                    + " earlier steps are sound"));
      }
    }
  }

  /**
   * Waits for the data of a part. Where that fails, the parameters are those of the whole steps.
   * Buffers are too, unless they were not kept and an earlier part of the batch has changed them.
   */
  private void fetch(boolean hasEarlier) {
    consistent = true;
    try {
      loader.next();
    } catch (RuntimeException e) {
      if (!buffers.areKept() && hasEarlier) {
        listener.warn(
            "reading data failed within a step: buffers will count a part of it twice when the run"
                + " goes on");
      }
      throw e;
    }
    consistent = false;
  }

  private void update(ObjectiveRunner o, double rate, long done) {
    updated = true;
    List<Double> betas = config.optimizer().betas();
    float norm = o.update(rate, betas.get(0), betas.get(1), averages.at(done), done, parts.count());
    if (!Float.isFinite(norm)) {
      throw NonFinite.gradient(ranks, session, o.entry(), done);
    }
    norms[objectives.indexOf(o)] = norm;
    meters.norm(o, norm);
  }
}
