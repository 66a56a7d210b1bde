package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.plan.StoredTensor.Role;
import dev.lgc.compiler.rewrite.Rematerialise;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Plans of graphs of primitives, after the last pass over those that train: {@link Rematerialise}.
 * It stands last since it chooses among the values that will be in memory, and since other passes
 * would merge what is computed again with its original. Under a limit, it is told what is left for
 * intermediate values beside all else; what placing them loses is known afterwards and taken off.
 */
final class Fitting {
  /** How often a plan is made again that did not fit: each time with what the last one lost. */
  private static final int ATTEMPTS = 3;

  private Fitting() {}

  /**
   * The plans.
   *
   * @param memory most bytes of a plan that trains
   * @throws MemoryLimitException if there is no such plan
   */
  static List<ExecutionPlan> plans(List<Planner.Job> jobs, long memory) {
    List<ExecutionPlan> plans = new ArrayList<>(Planner.plans(within(jobs, Long.MAX_VALUE)));
    for (int i = 0; i < plans.size(); i++) {
      if (plans.get(i).totalBytes() > memory
          && jobs.get(i).graphs().stream().anyMatch(Fitting::trains)) {
        plans.set(i, fitted(jobs.get(i), plans.get(i), memory));
      }
    }
    return plans;
  }

  private static ExecutionPlan fitted(Planner.Job job, ExecutionPlan first, long memory) {
    long beside = first.totalBytes() - first.arenaBytes().get(Arena.WORK);
    long left = memory - beside;
    for (int i = 0; i < ATTEMPTS && left > 0; i++) {
      ExecutionPlan plan = Planner.plans(within(List.of(job), left)).getFirst();
      if (plan.totalBytes() <= memory) {
        return plan;
      }
      left -= plan.totalBytes() - memory;
    }
    ExecutionPlan least = least(job);
    if (least.totalBytes() > memory) {
      throw new MemoryLimitException(job.model(), memory, least.totalBytes());
    }
    return least;
  }

  /**
   * The smallest plan: to compute all again that can be is not always best, since what is computed
   * on the way needs places too.
   */
  private static ExecutionPlan least(Planner.Job job) {
    long alive =
        job.graphs().stream()
            .filter(Fitting::trains)
            .mapToLong(g -> Rematerialise.fitting(g, 0).peak())
            .max()
            .orElse(0);
    ExecutionPlan all = Planner.plans(within(List.of(job), 0)).getFirst();
    ExecutionPlan enough = Planner.plans(within(List.of(job), alive)).getFirst();
    return enough.totalBytes() < all.totalBytes() ? enough : all;
  }

  /** The same jobs, with what trains keeping no more than {@code work} bytes, or next to that. */
  private static List<Planner.Job> within(List<Planner.Job> jobs, long work) {
    Map<Graph, Graph> changed = Collections.synchronizedMap(new IdentityHashMap<>());
    jobs.stream()
        .flatMap(j -> j.graphs().stream())
        .filter(Fitting::trains)
        .toList()
        .parallelStream()
        .forEach(g -> changed.put(g, Rematerialise.fitting(g, work).graph()));
    return jobs.stream()
        .map(
            j ->
                new Planner.Job(
                    j.model(),
                    j.stored(),
                    j.graphs().stream().map(g -> changed.getOrDefault(g, g)).toList()))
        .toList();
  }

  private static boolean trains(Graph g) {
    String gradient = StoredTensor.key(Role.GRADIENT, "");
    return g.updates().keySet().stream().anyMatch(k -> k.startsWith(gradient));
  }
}
