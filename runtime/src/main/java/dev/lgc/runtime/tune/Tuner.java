package dev.lgc.runtime.tune;

import dev.lgc.compiler.cost.Limits;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/** Measures the candidate schedules of a plan's kernels, the costliest kernels first. */
public final class Tuner {
  /** The share of a time below which another counts as faster, and not as chance. */
  private static final double FASTER = 0.95;

  /** The limits of a usual device, to tell which kernels take longest: 14 operations a byte. */
  private static final Limits USUAL = new Limits(14e12, 1e12, 0);

  private final Tunable device;
  private final LongSupplier clock;
  private final Watcher watcher;

  /** Told how far the tuner is. */
  public interface Watcher {
    /**
     * A kernel is about to be measured.
     *
     * @param done kernels before it
     * @param kernels there are to measure
     * @param candidates of this one
     */
    void begins(int done, int kernels, String name, int candidates);

    /** A kernel was measured, and this is what is known of all kernels now. */
    void ended(Tuning tuning);
  }

  /**
   * The result for a kernel in this run.
   *
   * @param guess the schedule by which it was computed before
   * @param candidates schedules that there are
   * @param problems of schedules that must not be used
   */
  public record Row(String guess, Tuning.Best found, int candidates, List<String> problems) {
    public Row {
      problems = List.copyOf(problems);
    }
  }

  /**
   * The result of a run of the tuner.
   *
   * @param rows the kernels measured, costliest first
   * @param left kernels that there was no time for
   * @param known kernels that had been measured before
   */
  public record Result(Tuning tuning, List<Row> rows, int left, int known) {}

  /**
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  public Tuner(Tunable device, LongSupplier clock, Watcher watcher) {
    this.device = device;
    this.clock = clock;
    this.watcher = watcher;
  }

  /**
   * Tunes kernels until time is up, but at least one; the schedule that is being measured then is
   * the last.
   *
   * @param steps whose kernels to tune
   * @param seconds to spend
   * @param tuning what is known already: its kernels are passed over, but for those begun only
   */
  public Result run(ExecutionPlan plan, List<Step> steps, double seconds, Tuning tuning) {
    long end = clock.getAsLong() + (long) (seconds * 1e9);
    List<Kernel> wanted = new ArrayList<>();
    int known = 0;
    for (Kernel k : costliestFirst(plan, steps)) {
      int candidates = device.schedules(k).size();
      int tried = tuning.found(k).map(Tuning.Best::tried).orElse(0);
      if (candidates > 1 && tried < candidates) {
        wanted.add(k);
      } else {
        known += tried > 0 ? 1 : 0;
      }
    }
    List<Row> rows = new ArrayList<>();
    Tuning now = tuning;
    while (rows.size() < wanted.size() && (rows.isEmpty() || clock.getAsLong() < end)) {
      Kernel k = wanted.get(rows.size());
      List<String> schedules = device.schedules(k);
      watcher.begins(rows.size(), wanted.size(), k.name(), schedules.size());
      Row row = measure(k, schedules, end);
      rows.add(row);
      now = now.with(k, row.found);
      watcher.ended(now);
    }
    return new Result(now, rows, wanted.size() - rows.size(), known);
  }

  private static List<Kernel> costliestFirst(ExecutionPlan plan, List<Step> steps) {
    PlanCost costs = PlanCost.of(plan);
    Map<Integer, Double> seconds = new HashMap<>();
    for (Step s : steps) {
      for (KernelCall c : s.kernelCalls()) {
        seconds.merge(c.kernel(), USUAL.seconds(costs.kernels().get(c.kernel())), Double::sum);
      }
    }
    return seconds.entrySet().stream()
        .sorted(Map.Entry.<Integer, Double>comparingByValue().reversed())
        .map(e -> plan.kernels().get(e.getKey()))
        .toList();
  }

  private Row measure(Kernel kernel, List<String> schedules, long end) {
    List<String> problems = new ArrayList<>();
    try (Trial trial = new Trial(device, kernel, schedules, clock)) {
      Trial.Outcome untuned = trial.run(0, OptionalDouble.empty());
      Trial.Outcome least = untuned;
      int best = 0;
      int tried = 1;
      for (; tried < schedules.size() && clock.getAsLong() < end; tried++) {
        Trial.Outcome o = trial.run(tried, least.seconds());
        if (o.seconds().isEmpty()) {
          problems.add(Text.format("%s: %s", schedules.get(tried), o.problem()));
        } else if (o.beats(least, 1)) {
          best = tried;
          least = o;
        }
      }
      if (best != 0) {
        // Once more, one after the other: other work on the machine may have met only one of them.
        untuned = trial.run(0, OptionalDouble.empty());
        least = trial.run(best, OptionalDouble.empty());
        if (!least.beats(untuned, FASTER)) {
          best = 0;
          least = untuned;
        }
      }
      double seconds = least.seconds().orElseThrow();
      double before = untuned.seconds().orElseThrow();
      return new Row(
          schedules.getFirst(),
          new Tuning.Best(kernel.name(), schedules.get(best), seconds, before, tried),
          schedules.size(),
          problems);
    }
  }
}
