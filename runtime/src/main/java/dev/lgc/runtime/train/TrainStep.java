package dev.lgc.runtime.train;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.exec.Session;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * One optimizer step of every objective. It can be given up until its first update: what it has
 * changed by then, which is buffers and meters, is put back.
 */
final class TrainStep implements AutoCloseable {
  private final RunConfig config;
  private final Session session;
  private final ExecutionPlan plan;
  private final Feed feed;
  private final List<ObjectiveRunner> objectives;
  private final LearningRate rates;
  private final AverageDecay averages;
  private final Meters meters;
  private final TrainListener listener;
  private final KeptBuffers kept;
  private boolean consistent = true;
  private boolean updated;

  TrainStep(
      RunConfig config,
      Session session,
      ExecutionPlan plan,
      Feed feed,
      List<ObjectiveRunner> objectives,
      LearningRate rates,
      AverageDecay averages,
      Meters meters,
      TrainListener listener) {
    this.config = config;
    this.session = session;
    this.plan = plan;
    this.feed = feed;
    this.objectives = objectives;
    this.rates = rates;
    this.averages = averages;
    this.meters = meters;
    this.listener = listener;
    this.kept = new KeptBuffers(session, plan);
  }

  /** Whether parameters and buffers are what the whole steps have made of them. */
  boolean isConsistent() {
    return consistent;
  }

  /**
   * The step after {@code done} others.
   *
   * @param stop gives it up, where the device can
   * @return false if it was given up: everything that a checkpoint holds is as it was before
   */
  boolean run(long done, BooleanSupplier stop) {
    kept.keep();
    meters.keep();
    updated = false;
    boolean whole = false;
    try {
      whole =
          session
              .unlessStopped(() -> !updated && stop.getAsBoolean(), () -> whole(done))
              .isPresent();
      consistent = true;
    } finally {
      if (!whole && !updated) {
        kept.restore();
        meters.restore();
      }
    }
    return whole;
  }

  private boolean whole(long done) {
    int micros = config.microBatches();
    double rate = rates.at(done);
    for (int m = 0; m < micros; m++) {
      fetch(m);
      for (ObjectiveRunner o : objectives) {
        StepIo io = o.gradients(config.seed(), done, m);
        if (!Float.isFinite(io.scalar(0))) {
          throw NonFinite.loss(session, io, o.entry(), done);
        }
        meters.add(o, io);
        if (micros == 1) {
          update(o, rate, done, micros);
        }
      }
    }
    if (micros > 1) {
      objectives.forEach(o -> update(o, rate, done, micros));
    }
    meters.stepDone(rate);
    return true;
  }

  /**
   * Waits for the data of a micro-batch. Where that fails, the parameters are those of the whole
   * steps. Buffers are too, unless they were not kept and an earlier part of the batch has changed
   * them.
   */
  private void fetch(int micro) {
    consistent = true;
    try {
      feed.next();
    } catch (RuntimeException e) {
      boolean areKept = session.endsEarly();
      if (!areKept && micro > 0 && plan.storage().stream().anyMatch(TrainStep::isBuffer)) {
        listener.warn(
            "reading data failed within a step: buffers will count a part of it twice when the run"
                + " goes on");
      }
      throw e;
    }
    consistent = false;
  }

  private static boolean isBuffer(StoredTensor t) {
    return t.role() == StoredId.Role.BUFFER;
  }

  private void update(ObjectiveRunner o, double rate, long done, int micros) {
    updated = true;
    List<Double> betas = config.optimizer().betas();
    float norm = o.update(rate, betas.get(0), betas.get(1), averages.at(done), done, micros);
    if (!Float.isFinite(norm)) {
      throw NonFinite.gradient(session, o.entry(), done);
    }
    meters.norm(o, norm);
  }

  @Override
  public void close() {
    kept.close();
  }
}
