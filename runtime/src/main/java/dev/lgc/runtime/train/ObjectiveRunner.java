package dev.lgc.runtime.train;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.exec.Session;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One objective of a model in training: its gradients, its optimizer step, its held-out loss. */
final class ObjectiveRunner {
  private final Session session;
  private final Entry entry;
  private final int number;
  private final List<String> scalars;
  private final StepIo gradients;
  private final StepIo accumulate;
  private final StepIo reduce;
  private final StepIo loss;
  private final String update;
  private final MemorySegment lr;
  private final MemorySegment correction1;
  private final MemorySegment correction2;
  private final MemorySegment scale;
  private final MemorySegment norm;
  private final Optional<MemorySegment> averageDecay;
  private final Optional<MemorySegment> averageRate;

  /**
   * @param number its place among the objectives
   */
  ObjectiveRunner(Session session, ExecutionPlan plan, Entry entry, int number, Batch batch) {
    this.session = session;
    this.entry = entry;
    this.number = number;
    this.scalars = new ArrayList<>(List.of("loss"));
    scalars.addAll(entry.reports());
    String name = entry.name();
    this.gradients =
        new StepIo(session, plan, StepId.gradients(name).name(), entry, batch, scalars);
    this.accumulate =
        plan.steps().containsKey(StepId.accumulate(name).name())
            ? new StepIo(session, plan, StepId.accumulate(name).name(), entry, batch, scalars)
            : null;
    this.reduce =
        plan.steps().containsKey(StepId.reduce(name).name())
            ? new StepIo(session, plan, StepId.reduce(name).name(), entry, batch, scalars)
            : null;
    this.loss =
        plan.steps().containsKey(StepId.loss(name).name())
            ? new StepIo(session, plan, StepId.loss(name).name(), entry, batch, List.of("loss"))
            : null;
    this.update = StepId.update(name).name();
    this.lr = session.input(update, "lr");
    this.correction1 = session.input(update, "correction1");
    this.correction2 = session.input(update, "correction2");
    this.scale = session.input(update, "gradient_scale");
    this.norm = session.output(update, "gradient_norm");
    this.averageDecay = optional(plan, "average_decay");
    this.averageRate = optional(plan, "average_rate");
  }

  private Optional<MemorySegment> optional(ExecutionPlan plan, String input) {
    return plan.steps().get(update).inputs().containsKey(input)
        ? Optional.of(session.input(update, input))
        : Optional.empty();
  }

  Entry entry() {
    return entry;
  }

  /** The outputs that are read after each computation: the loss, then the reports. */
  List<String> scalars() {
    return scalars;
  }

  /**
   * Computes the gradients of one part of a batch.
   *
   * @param part its number
   * @param first of a shard; the others are added to those before them
   * @param last of a shard
   */
  StepIo gradients(long seed, long done, int part, boolean first, boolean last) {
    StepIo io = first ? gradients : last && reduce != null ? reduce : accumulate;
    io.prepare(seed, done, part << 8 | number);
    io.run();
    return io;
  }

  /**
   * Adds the gradients of a shard to those of the shards before it; after the last they are the
   * sum.
   *
   * @param place of the shard among those of this process
   */
  void combine(int place) {
    session.run(StepId.combine(entry.name(), Request.Sharding.level(place)).name());
  }

  /**
   * The optimizer step; returns the length of the gradient before it was clipped.
   *
   * @param average decay of the averages in this step, if there are any
   * @param parts of the batch
   */
  float update(double rate, double beta1, double beta2, double average, long done, int parts) {
    set(lr, rate);
    set(correction1, 1 - Math.pow(beta1, done + 1));
    set(correction2, 1 - Math.pow(beta2, done + 1));
    set(scale, 1.0 / parts);
    averageDecay.ifPresent(s -> set(s, average));
    averageRate.ifPresent(s -> set(s, 1 - average));
    session.run(update);
    return norm.get(ValueLayout.JAVA_FLOAT, 0);
  }

  /** The loss of one micro-batch without training on it; NaN if the plan has no such step. */
  float loss(long seed, long done, int micro) {
    if (loss == null) {
      return Float.NaN;
    }
    loss.prepare(seed, done, micro << 8 | number);
    loss.run();
    return loss.scalar(0);
  }

  private static void set(MemorySegment s, double v) {
    s.set(ValueLayout.JAVA_FLOAT, 0, (float) v);
  }
}
