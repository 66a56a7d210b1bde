package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.compiler.rewrite.Rematerialise;

/**
 * The last pass: which values the steps that train keep for their backward parts, and which they
 * compute again ({@link Rematerialise}). Without a limit, only those are computed again that cost
 * next to nothing. Under one, the intermediate values may take what is left of it beside all else;
 * what is lost by placing them is only known when they are placed, and then taken off.
 */
final class Rematerialization {
  /** How often steps are made again that did not fit: each time with what the last ones lost. */
  private static final int ATTEMPTS = 3;

  private final Derived steps;
  private final long memory;
  private final Planner planner;

  private Rematerialization(Derived steps, PassOptions options) {
    this.steps = steps;
    this.memory = options.memory();
    this.planner = options.planner();
  }

  /**
   * The steps, of which those that train keep no more than fits.
   *
   * @throws MemoryLimitException if they take more than {@code options.memory()}, whatever is
   *     computed again
   */
  static Derived of(Derived steps, PassOptions options) {
    return new Rematerialization(steps, options).fitting();
  }

  private Derived fitting() {
    Derived cheapest = within(Long.MAX_VALUE);
    if (memory == Long.MAX_VALUE || steps.steps().stream().noneMatch(Rematerialization::trains)) {
      return cheapest;
    }
    ExecutionPlan plan = plan(cheapest);
    if (plan.totalBytes() <= memory) {
      return cheapest;
    }
    planner.forget(cheapest.job(), Rematerialization::trains);
    long left = memory - (plan.totalBytes() - plan.bytes(Arena.WORK));
    for (int i = 0; i < ATTEMPTS && left > 0; i++) {
      Derived some = within(left);
      long taken = plan(some).totalBytes();
      if (taken <= memory) {
        return some;
      }
      planner.forget(some.job(), Rematerialization::trains);
      left -= taken - memory;
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
            .filter(Rematerialization::trains)
            .mapToLong(s -> fitting(s, 0).peak())
            .max()
            .orElse(0);
    Derived all = within(0);
    Derived enough = within(alive);
    long ofAll = plan(all).totalBytes();
    long ofEnough = plan(enough).totalBytes();
    if (Math.min(ofAll, ofEnough) > memory) {
      throw new MemoryLimitException(steps.model().name(), memory, Math.min(ofAll, ofEnough));
    }
    planner.forget((ofEnough < ofAll ? all : enough).job(), Rematerialization::trains);
    return ofEnough < ofAll ? enough : all;
  }

  /** The steps with those that train keeping no more than {@code work} bytes, or next to that. */
  private Derived within(long work) {
    return steps.with(
        steps.steps().parallelStream()
            .map(s -> trains(s) ? s.with(fitting(s, work).graph()) : s)
            .toList());
  }

  private Rematerialise.Result fitting(StepGraph s, long work) {
    return Rematerialise.fitting(s.graph(), work, planner.limits());
  }

  private ExecutionPlan plan(Derived d) {
    return planner.plan(d.job());
  }

  private static boolean trains(StepGraph s) {
    return Passes.BACKWARD.contains(s.id().kind());
  }
}
