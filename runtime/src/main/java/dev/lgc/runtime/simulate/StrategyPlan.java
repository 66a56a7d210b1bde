package dev.lgc.runtime.simulate;

import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.pipeline.MemoryLimitException;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
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
   * @param played the part of it that was simulated
   * @param seconds of all of it
   * @param processBytes the peak of a process
   */
  record Forecast(StepSimulation.Played played, double seconds, long processBytes) {}

  /** Plans a strategy for a job. */
  static StrategyPlan of(Strategy strategy, RankJob job) {
    return strategy.isAlone() ? alone(strategy, job) : shared(strategy, job);
  }

  private static ExecutionPlan plan(Request.Sharding sharding, RankJob job, long memory) {
    List<Request> requests = new ArrayList<>(job.requests());
    requests.add(sharding);
    return Models.plans(job.model(), List.of(requests), memory).getFirst();
  }

  private static StrategyPlan shared(Strategy strategy, RankJob job) {
    Request.Sharding sharding = strategy.sharding();
    ExecutionPlan plan;
    try {
      plan = plan(sharding, job, job.memory());
    } catch (MemoryLimitException e) {
      return new StrategyPlan(strategy, e.least(), Optional.empty());
    }
    StepSimulation.Played played =
        StepSimulation.play(
            PlanCost.of(plan),
            TrainingOrder.of(plan, job.objectives(), sharding.perRank(), job.micros()),
            job.rank(),
            job.network(),
            strategy.alike());
    Forecast forecast =
        new Forecast(played, played.timeline().seconds(), MemoryNeed.of(plan).process());
    return new StrategyPlan(strategy, plan.totalBytes(), Optional.of(forecast));
  }

  /**
   * One process, in which a few shards stand for all. Its tree of gradients has the more levels,
   * each of which takes the memory of the gradients.
   */
  private static StrategyPlan alone(Strategy strategy, RankJob job) {
    Request.Sharding sharding = strategy.sharding();
    int alike = strategy.alike();
    long more = Integer.numberOfTrailingZeros(alike) * gradients(job);
    ExecutionPlan plan;
    try {
      plan = plan(sharding, job, Math.max(1, job.memory() - more));
    } catch (MemoryLimitException e) {
      return new StrategyPlan(strategy, e.least() + more, Optional.empty());
    }
    PlanCost costs = PlanCost.of(plan);
    List<String> objectives = job.objectives();
    var order = TrainingOrder.of(plan, objectives, sharding.perRank(), job.micros());
    StepSimulation.Played played = StepSimulation.play(costs, order, job.host(), job.network(), 1);
    double updates =
        StepSimulation.play(
                costs,
                order.subList(order.size() - objectives.size(), order.size()),
                job.host(),
                job.network(),
                1)
            .timeline()
            .seconds();
    double seconds = alike * (played.timeline().seconds() - updates) + updates;
    return new StrategyPlan(
        strategy,
        plan.totalBytes() + more,
        Optional.of(new Forecast(played, seconds, MemoryNeed.of(plan).process() + more)));
  }

  private static long gradients(RankJob job) {
    return Storage.withRole(job.model().storage(), Storage.Role.PARAMETER).stream()
        .mapToLong(s -> s.type().bytes())
        .sum();
  }

  boolean fits() {
    return forecast.isPresent();
  }
}
