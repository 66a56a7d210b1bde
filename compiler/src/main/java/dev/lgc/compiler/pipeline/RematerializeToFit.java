package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.compiler.rewrite.RankMemory;
import dev.lgc.compiler.rewrite.Rematerialize;
import dev.lgc.dsl.type.DType;

/**
 * The last pass, rematerialization: chooses the values that the steps which train keep for their
 * backward parts, and those that they compute again ({@link Rematerialize}). Without a limit, only
 * those are computed again that cost next to nothing. Under one, the intermediate values may take
 * what is left of it beside all else; what is lost by placing them is only known when they are
 * placed, and then taken off.
 */
final class RematerializeToFit {
  /** The most attempts at steps that fit: each with what the last one lost. */
  private static final int ATTEMPTS = 3;

  private final Derived steps;
  private final long memory;
  private final Planner planner;
  private final RankMemory rank;
  private final DType gradients;

  private RematerializeToFit(Derived steps, PassOptions options) {
    this.steps = steps;
    this.memory = options.memory();
    this.planner = options.planner();
    this.rank = RankCollectives.memory(steps);
    this.gradients = options.gradients();
  }

  /**
   * The steps, of which those that train keep no more than fits: with their plan, where there is a
   * limit that it was made for.
   *
   * @throws MemoryLimitException if they take more than {@code options.memory()}, whatever is
   *     computed again
   */
  static Derived of(Derived steps, PassOptions options) {
    return new RematerializeToFit(steps, options).fitting();
  }

  private Derived fitting() {
    Derived cheapest = within(Long.MAX_VALUE);
    if (memory == Long.MAX_VALUE || steps.steps().stream().noneMatch(RematerializeToFit::trains)) {
      return cheapest;
    }
    Derived.Planned planned = planned(cheapest);
    ExecutionPlan plan = planned.plan();
    if (plan.totalBytes() <= memory) {
      return cheapest.planned(planned);
    }
    long left = memory - (plan.totalBytes() - plan.bytes(Arena.WORK));
    for (int i = 0; i < ATTEMPTS && left > 0; i++) {
      Derived some = within(left);
      Derived.Planned made = planned(some);
      if (made.plan().totalBytes() <= memory) {
        return some.planned(made);
      }
      left -= made.plan().totalBytes() - memory;
    }
    return least();
  }

  /**
   * The steps that take least: to compute all again that can be is not always best, since what is
   * computed on the way needs places too.
   */
  private Derived least() {
    long alive =
        steps.steps().stream()
            .filter(RematerializeToFit::trains)
            .mapToLong(s -> fitting(s, 0).peak())
            .max()
            .orElse(0);
    Derived all = within(0);
    Derived enough = within(alive);
    Derived.Planned ofAll = planned(all);
    Derived.Planned ofEnough = planned(enough);
    boolean isEnough = ofEnough.plan().totalBytes() < ofAll.plan().totalBytes();
    Derived.Planned least = isEnough ? ofEnough : ofAll;
    if (least.plan().totalBytes() > memory) {
      throw new MemoryLimitException(steps.model().name(), memory, least.plan().totalBytes());
    }
    return (isEnough ? enough : all).planned(least);
  }

  /** The steps with those that train keeping no more than {@code work} bytes, or next to that. */
  private Derived within(long work) {
    return steps.with(
        steps.steps().parallelStream()
            .map(s -> trains(s) ? s.with(fitting(s, work).graph()) : s)
            .toList());
  }

  private Rematerialize.Result fitting(StepGraph s, long work) {
    return Rematerialize.fitting(planner.uses(s.graph()), work, rank);
  }

  private Derived.Planned planned(Derived d) {
    Derived rank = RankCollectives.of(d, gradients);
    return new Derived.Planned(planner.plan(rank.job()), rank.steps());
  }

  private static boolean trains(StepGraph s) {
    return s.id().kind().hasBackward();
  }
}
