package dev.lgc.runtime.simulate;

import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.pipeline.SharedCompilation;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId.Kind;
import dev.lgc.dsl.model.Storage;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.model.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A strategy, compiled and played.
 *
 * @param bytes of the tensors of a process; the least possible if it does not fit
 * @param forecast its time and memory; empty if it does not fit
 */
record StrategyPlan(Strategy strategy, long bytes, Optional<Forecast> forecast) {
  /**
   * A step as it is expected.
   *
   * @param blocks bytes of what the rank stores in blocks
   * @param simulation of a step of the plan that was compiled
   * @param played the step, or the part of it that was simulated
   * @param seconds of all of it
   * @param processBytes the peak of a process
   */
  record Forecast(
      long blocks,
      StepSimulation simulation,
      StepSimulation.Played played,
      double seconds,
      long processBytes) {}

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
      all.add(new StrategyPlan(s, bytes, fits.get(i).plan().map(p -> forecast(s, p, job))));
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
    if (s.isAlone()) {
      // A few shards stand for all: the update is once.
      double updates = updates(plan, played.timeline());
      double times = (double) s.sharding().shards() / s.compiled().shards();
      seconds = times * (seconds - updates) + updates;
    }
    long process = MemoryNeed.of(plan).process() + partialSums(s, job);
    return new Forecast(blocks(plan), simulation, played, seconds, process);
  }

  private static long blocks(ExecutionPlan plan) {
    return plan.storage().stream()
        .filter(t -> t.block().isPresent())
        .mapToLong(t -> t.slot().type().bytes())
        .sum();
  }

  private static double updates(ExecutionPlan plan, Timeline timeline) {
    return timeline.activities().stream()
        .filter(a -> plan.step(a.step()).id().kind() == Kind.UPDATE)
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

  /** Bytes of a rank with groups of another size, about. */
  long bytes(int group) {
    long blocks = forecast.orElseThrow().blocks();
    return bytes - blocks + blocks * strategy.group() / group;
  }

  boolean fits() {
    return forecast.isPresent();
  }
}
