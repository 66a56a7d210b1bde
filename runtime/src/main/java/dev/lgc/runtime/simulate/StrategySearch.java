package dev.lgc.runtime.simulate;

import dev.lgc.compiler.pipeline.SharedCompilation;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.simulate.Activity.Lane;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The search for the fastest strategy that fits. All that may be it are compiled. Of the others,
 * time and memory follow from a plan with groups of another size, or from a rank's part.
 *
 * <pre>
 * data-parallel     always
 * hybrid            with the ranks of a host as a group; with another size, if that may be fastest
 * fully sharded     where others need so much that they do not fit; on one host; if it may be fastest
 * one process       if it may be fastest
 * </pre>
 */
final class StrategySearch {
  private final RankJob job;
  private final SharedCompilation compilation;
  private final List<StrategyPlan> plans = new ArrayList<>();

  /** By size of a group: seconds of a step, about, by a plan with groups of another size. */
  private final Map<Integer, Double> estimates = new HashMap<>();

  StrategySearch(RankJob job) {
    this.job = job;
    compilation = Models.compilation(job.model());
  }

  /** The strategies: those with smaller groups first, and then one process. */
  List<StrategyPlan> found() {
    onRanks();
    Strategy.of(job).stream().filter(Strategy::isAlone).findFirst().ifPresent(this::alone);
    plans.sort(
        Comparator.comparing((StrategyPlan s) -> s.strategy().isAlone())
            .thenComparing(s -> s.strategy().group()));
    return plans;
  }

  /** The strategies without one process, in no particular order. */
  List<StrategyPlan> onRanks() {
    List<Strategy> ranks = Strategy.of(job).stream().filter(s -> !s.isAlone()).toList();
    boolean isOpen = job.group().isEmpty() && ranks.size() > 1;
    if (isOpen) {
      compile(ranks.subList(0, 2));
      otherGroups(ranks.getLast());
    } else {
      compile(ranks);
    }
    return plans;
  }

  private void compile(List<Strategy> some) {
    plans.addAll(StrategyPlan.of(some, job, compilation));
  }

  private double best() {
    return plans.stream()
        .flatMap(s -> s.forecast().stream())
        .mapToDouble(StrategyPlan.Forecast::seconds)
        .min()
        .orElse(Double.POSITIVE_INFINITY);
  }

  private boolean isPlanned(int group) {
    return plans.stream().anyMatch(s -> s.strategy().group() == group);
  }

  /** Compiles what other groups may be fastest; says of the fully sharded strategy how it is. */
  private void otherGroups(Strategy sharded) {
    int ranks = job.network().ranks();
    if (!isPlanned(ranks) && !plans.stream().allMatch(StrategyPlan::fits)) {
      compile(List.of(sharded));
    }
    Optional<StrategyPlan> like =
        plans.stream().filter(s -> s.fits() && s.strategy().group() > 1).findFirst();
    if (like.isEmpty()) {
      return;
    }
    // A compiled plan may take longer than was estimated, and another one less than it then.
    for (int group = fastest(like.get()); group > 1; group = fastest(like.get())) {
      compile(List.of(Strategy.onRanks(job, group)));
    }
    if (!isPlanned(ranks)) {
      estimate(sharded, like.get().bytes(ranks), seconds(like.get(), ranks));
    }
  }

  /** The group that should take less time than all that is planned; 1 if there is none. */
  private int fastest(StrategyPlan like) {
    double best = best();
    int found = 1;
    for (int group = 2; group <= job.network().ranks(); group *= 2) {
      if (!isPlanned(group) && like.bytes(group) <= job.memory()) {
        double seconds = seconds(like, group);
        if (seconds < best) {
          best = seconds;
          found = group;
        }
      }
    }
    return found;
  }

  private double seconds(StrategyPlan like, int group) {
    return estimates.computeIfAbsent(group, g -> like.seconds(job, g));
  }

  /**
   * One process takes at least as long as the ranks would one after the other, by what the
   * processors of a host do faster together.
   */
  private void alone(Strategy one) {
    Optional<StrategyPlan> like = plans.stream().filter(s -> s.strategy().group() == 1).findFirst();
    if (like.isPresent() && !like.get().fits()) {
      long least = StrategyPlan.bytes(one, like.get(), job);
      plans.add(new StrategyPlan(one, least, Optional.empty(), OptionalDouble.empty()));
      return;
    }
    if (like.isPresent()) {
      Timeline rank = like.get().forecast().orElseThrow().played().timeline();
      double together = job.shared() ? job.network().perHost() : 1;
      double updates = like.get().forecast().orElseThrow().updates();
      double each = (rank.busy(Lane.COMPUTATION) - updates) / together;
      double least = job.network().ranks() * each + updates / together;
      long bytes = StrategyPlan.bytes(one, like.get(), job);
      if (least > best() && bytes <= job.memory()) {
        estimate(one, bytes, least);
        return;
      }
    }
    compile(List.of(one));
  }

  private void estimate(Strategy s, long bytes, double seconds) {
    plans.add(new StrategyPlan(s, bytes, Optional.empty(), OptionalDouble.of(seconds)));
  }
}
