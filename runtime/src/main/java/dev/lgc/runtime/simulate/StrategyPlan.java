package dev.lgc.runtime.simulate;

import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.pipeline.SharedCompilation;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId.Kind;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.dsl.model.Storage;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.model.CheckpointTensors;
import dev.lgc.runtime.model.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;

/**
 * A strategy, compiled and played.
 *
 * @param bytes of the tensors of a process; the least possible if it does not fit
 * @param forecast its time and memory; empty if it does not fit, or was not compiled
 * @param estimate seconds of a step, about, of one that was not compiled, as it is slower than
 *     another
 */
record StrategyPlan(
    Strategy strategy, long bytes, Optional<Forecast> forecast, OptionalDouble estimate) {
  /**
   * A step as it is expected.
   *
   * @param blocks bytes of what the rank stores in blocks, without gradients
   * @param gradients bytes of its blocks of gradients
   * @param simulation of a step of the plan that was compiled
   * @param played the step, or the part of it that was simulated
   * @param seconds of all of it
   * @param updates seconds of it in which parameters are updated
   * @param processBytes the peak of a process, without the copy
   * @param copyBytes bytes of a copy of what a rank saves, at most, where steps go on meanwhile
   */
  record Forecast(
      long blocks,
      long gradients,
      StepSimulation simulation,
      StepSimulation.Played played,
      double seconds,
      double updates,
      long processBytes,
      long copyBytes) {}

  /**
   * Plans strategies for a job.
   *
   * @param compilation of the job's model
   */
  static List<StrategyPlan> of(
      List<Strategy> strategies, RankJob job, SharedCompilation compilation) {
    List<SharedCompilation.Limited> purposes =
        strategies.stream()
            .map(s -> new SharedCompilation.Limited(requests(s, job), memory(s, job)))
            .toList();
    List<SharedCompilation.Fit> fits = Models.fits(compilation, purposes);
    List<StrategyPlan> all = new ArrayList<>();
    for (int i = 0; i < fits.size(); i++) {
      Strategy s = strategies.get(i);
      long bytes = fits.get(i).bytes() + partialSums(s, job);
      Optional<Forecast> forecast = fits.get(i).plan().map(p -> forecast(s, p, job));
      all.add(new StrategyPlan(s, bytes, forecast, OptionalDouble.empty()));
    }
    return all;
  }

  private static List<Request> requests(Strategy s, RankJob job) {
    List<Request> requests = new ArrayList<>(job.requests());
    requests.add(s.compiled());
    return requests;
  }

  private static long memory(Strategy s, RankJob job) {
    return job.memory() == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : Math.max(1, job.memory() - partialSums(s, job));
  }

  /**
   * Bytes of the levels of a tree of gradients that a plan for fewer shards does not have, each of
   * which takes the memory of the gradients.
   */
  private static long partialSums(Strategy s, RankJob job) {
    return (long) (s.sharding().levels() - s.compiled().levels()) * gradients(job);
  }

  /** Bytes of one process, which adds more levels of a tree than a rank of another plan does. */
  static long bytes(Strategy alone, StrategyPlan rank, RankJob job) {
    int levels = alone.sharding().levels() - rank.strategy().sharding().levels();
    return rank.bytes() + levels * gradients(job);
  }

  private static long gradients(RankJob job) {
    return Storage.withRole(job.model().storage(), Storage.Role.PARAMETER).stream()
        .mapToLong(s -> s.type().bytes())
        .sum();
  }

  private static Forecast forecast(Strategy s, ExecutionPlan plan, RankJob job) {
    List<Step> order =
        TrainingOrder.of(plan, job.objectives(), s.compiled().perRank(), job.micros());
    StepSimulation simulation =
        new StepSimulation(PlanCost.of(plan), order, s.isAlone() ? job.host() : job.rank());
    StepSimulation.Played played =
        simulation.play(
            job.network(),
            new GroupScaling(s.compiled(), s.isAlone() ? s.compiled() : s.sharding()));
    double seconds = played.timeline().seconds();
    double updates = updates(plan, played.timeline());
    if (s.isAlone()) {
      // A few shards stand for all: the update is once.
      double times = (double) s.sharding().shards() / s.compiled().shards();
      seconds = times * (seconds - updates) + updates;
    }
    long process = MemoryNeed.of(plan).process() + partialSums(s, job);
    long all = blocks(plan, t -> true);
    long gradients = blocks(plan, t -> t.slot().arena() == Arena.GRADIENTS);
    long copy = job.saves() ? CheckpointTensors.bytes(plan) : 0;
    return new Forecast(
        all - gradients, gradients, simulation, played, seconds, updates, process, copy);
  }

  private static long blocks(ExecutionPlan plan, Predicate<StoredTensor> which) {
    return plan.storage().stream()
        .filter(t -> t.block().isPresent() && which.test(t))
        .mapToLong(t -> t.slot().type().bytes())
        .sum();
  }

  private static double updates(ExecutionPlan plan, Timeline timeline) {
    return timeline.activities().stream()
        .filter(a -> !a.isCollective() && plan.step(a.step()).id().kind() == Kind.UPDATE)
        .mapToDouble(Activity::seconds)
        .sum();
  }

  /** Seconds of a step with groups of another size, about, if it took the same kernels. */
  double seconds(RankJob job, int group) {
    Request.Sharding run = new Request.Sharding(job.shards(), job.network().ranks(), group);
    return forecast
        .orElseThrow()
        .simulation()
        .play(job.network(), new GroupScaling(strategy.compiled(), run))
        .timeline()
        .seconds();
  }

  /**
   * Bytes of a rank with groups of another size, at most. Where gradients are going to be, there
   * are intermediate values before: so smaller blocks of them may make nothing smaller.
   */
  long bytes(int group) {
    Forecast f = forecast.orElseThrow();
    long more = Math.max(0, scaled(f.gradients(), group) - f.gradients());
    return bytes - f.blocks() + scaled(f.blocks(), group) + more;
  }

  private long scaled(long blocks, int group) {
    return blocks * strategy.group() / group;
  }

  boolean fits() {
    return forecast.isPresent();
  }

  /** Seconds of a step, about where it was not compiled; empty if it does not fit. */
  OptionalDouble seconds() {
    return forecast.map(f -> OptionalDouble.of(f.seconds())).orElse(estimate);
  }
}
