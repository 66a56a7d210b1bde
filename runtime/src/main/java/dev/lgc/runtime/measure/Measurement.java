package dev.lgc.runtime.measure;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.cost.Limits;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.exec.Profiler;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.tune.TrialValues;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * The time of a step, and the least time that its device could need, where its limits are known.
 *
 * @param step its name
 * @param runs that were timed
 * @param seconds of one run, the median
 * @param best of the runs, in seconds
 * @param positions of a sequence that the runs were spread over, where the step is for one of them;
 *     else 1
 * @param cost what it computes and moves
 * @param limits of the device; empty if they are not known
 * @param least seconds that they allow
 * @param expected seconds that {@code lgc plan} predicts; empty if nothing is known of the device
 * @param kernels the same of each of its kernels, the longest first
 */
public record Measurement(
    String step,
    int runs,
    double seconds,
    double best,
    int positions,
    Cost cost,
    Optional<Limits> limits,
    OptionalDouble least,
    OptionalDouble expected,
    List<Kernel> kernels) {
  /** Fewest and most runs that say where the time goes. */
  private static final int PROFILED = 5;

  private static final int MOST_PROFILED = 200;

  /** The number of times that the limits are measured meanwhile, where runs are short enough. */
  private static final int TURNS = 10;

  /** Bytes of a repeated step that the last-level cache of a large processor may hold. */
  private static final long CACHED_BYTES = 64L << 20;

  /**
   * A kernel of the step.
   *
   * @param label what is fused into it, in the first of its calls
   * @param where the line of {@code .arch} it is from
   * @param calls in one run of the step
   * @param seconds of one call
   * @param cost of one call
   * @param least seconds that the device's limits allow; empty if they are not known
   */
  public record Kernel(
      String name,
      String label,
      String where,
      long calls,
      double seconds,
      Cost cost,
      OptionalDouble least) {}

  /**
   * Measures a step. Runs it unmeasured for as long as the JVM needs to compile its kernels: until
   * it has not become faster for a while. A step that computes one position of a sequence is slower
   * at later ones: its runs are spread over all.
   *
   * @param positions of that sequence, 1 for other steps
   * @param roofline what it is held against, measured in turns with it
   * @param budget seconds to run it, measured; warming it up takes up to four times as long
   */
  public static Measurement of(
      Session session, Step step, int positions, Roofline roofline, double budget) {
    Random random = new Random(1);
    step.inputs()
        .keySet()
        .forEach(name -> TrialValues.fill(session.inputTensor(step.name(), name), random));
    session.prepare(step.name());
    Runs runs = new Runs(session, step.name(), positions);
    runs.warm(4 * budget);
    double[] times = new double[(int) Math.clamp(budget / runs.time(0.5), 3, 1000)];
    roofline.turn();
    double since = 0;
    for (int i = 0; i < times.length; i++) {
      times[i] = runs.time(Runs.spread(i));
      since += times[i];
      if (since > budget / TURNS || i == times.length - 1) {
        roofline.turn();
        since = 0;
      }
    }
    Arrays.sort(times);
    PlanCost costs = PlanCost.of(session.plan());
    Optional<MachineLimits.Known> on = roofline.limits();
    Optional<Limits> limits = on.map(MachineLimits.Known::limits);
    return new Measurement(
        step.name(),
        times.length,
        times[times.length / 2],
        times[0],
        positions,
        costs.step(step),
        limits,
        least(limits, l -> floor(l, costs, step, times[times.length / 2])),
        on.map(f -> f.expected(costs, step)).orElse(OptionalDouble.empty()),
        kernels(runs, limits, budget / 4));
  }

  private static List<Kernel> kernels(Runs runs, Optional<Limits> limits, double budget) {
    Profiler profile = runs.session.profile();
    int n = (int) Math.clamp(budget / runs.time(0.5), PROFILED, MOST_PROFILED);
    profile.reset();
    for (int i = 0; i < n; i++) {
      runs.time((i + 0.5) / n);
    }
    runs.session.unobserved();
    return profile.kernels().stream()
        .map(
            r ->
                new Kernel(
                    r.kernel(),
                    r.label(),
                    r.origin().where().toString(),
                    r.runs() / n,
                    r.seconds(),
                    r.cost(),
                    least(limits, l -> floor(l, r.cost(), r.seconds()))))
        .toList();
  }

  /**
   * A small step that is faster than memory allows has its data in the caches of the processor. A
   * large one met memory in better moments than those in which its limit was measured.
   */
  private static double floor(Limits l, PlanCost costs, Step step, double seconds) {
    double least = costs.seconds(step, l);
    boolean small = costs.step(step).bytes() <= CACHED_BYTES;
    return small && seconds < least ? costs.cachedSeconds(step, l) : least;
  }

  private static double floor(Limits l, Cost kernel, double seconds) {
    boolean small = kernel.bytes() <= CACHED_BYTES;
    return small && seconds < l.seconds(kernel) ? l.cachedSeconds(kernel) : l.seconds(kernel);
  }

  private static OptionalDouble least(Optional<Limits> limits, ToDoubleFunction<Limits> seconds) {
    return limits.stream().mapToDouble(seconds).findFirst();
  }

  /** Runs of one step. */
  private record Runs(Session session, String step, int positions) {
    /** Numbers that fill 0 to 1 evenly, whenever one stops: the parts of the golden ratio. */
    static double spread(int i) {
      return i * 0.6180339887498949 % 1;
    }

    /**
     * Seconds of a run.
     *
     * @param part of the sequence that is there already, from 0 to below 1
     */
    double time(double part) {
      if (positions > 1) {
        session.inputTensor(step, "position").fill((int) (part * positions));
      }
      long start = System.nanoTime();
      session.run(step);
      return (System.nanoTime() - start) * 1e-9;
    }

    void warm(double budget) {
      double best = Double.MAX_VALUE;
      double since = 0;
      double spent = 0;
      for (int i = 0; spent < budget && since < budget / 4; i++) {
        double t = time(spread(i));
        spent += t;
        since = t < 0.97 * best ? 0 : since + t;
        best = Math.min(best, t);
      }
    }
  }

  /**
   * The share of the limit that is reached, in percent. Nothing is faster than its limit, but the
   * limit may have been measured in moments when the processor was slower.
   */
  public static String share(double least, double seconds) {
    return least > 1.005 * seconds
        ? ">100 %"
        : Text.format("%.0f %%", 100 * Math.min(1, least / seconds));
  }

  /** For people: the step, and its {@code rows} longest kernels. */
  public String text(int rows) {
    StringBuilder s = new StringBuilder();
    s.append(
        Text.format(
            "%s: %s (best %s of %d%s)",
            step,
            Table.seconds(seconds),
            Table.seconds(best),
            runs,
            positions > 1 ? ", spread over " + positions + " positions" : ""));
    limits.ifPresent(
        l -> {
          double floor = least.orElseThrow();
          String reached = share(floor, seconds);
          s.append(
              Text.format(
                  ", limit %s (%s): %s", Table.seconds(floor), MachineLimits.text(l), reached));
        });
    expected.ifPresent(x -> s.append(Text.format(", expected %s", Table.seconds(x))));
    s.append(System.lineSeparator());
    String limit = least.isPresent() ? "limit" : "";
    Table t = new Table().row("kernel", "calls", "time", "of all", "GFLOP/s", "GB/s", limit, "");
    double all = kernels.stream().mapToDouble(k -> k.calls * k.seconds).sum();
    for (Kernel k : kernels.subList(0, Math.min(rows, kernels.size()))) {
      t.row(
          k.name,
          String.valueOf(k.calls),
          Table.seconds(k.seconds),
          share(k.calls * k.seconds, all),
          Text.format("%.1f", k.cost.operations() / k.seconds * 1e-9),
          Text.format("%.1f", k.cost.bytes() / k.seconds * 1e-9),
          k.least.isPresent() ? share(k.least.getAsDouble(), k.seconds) : "",
          k.where);
    }
    return s.append(t.text(2)).toString();
  }

  /** For scripts. */
  public Map<String, Object> json() {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("step", step);
    m.put("seconds", seconds);
    m.put("best_seconds", best);
    m.put("positions", positions);
    limits.ifPresent(l -> m.putAll(MachineLimits.json(l)));
    least.ifPresent(l -> m.put("least_seconds", l));
    expected.ifPresent(x -> m.put("expected_seconds", x));
    m.put("operations", cost.operations());
    m.put("products", cost.products());
    m.put("bytes", cost.bytes());
    m.put("kernels", cost.launches());
    m.put("profile", kernels.stream().map(Measurement::json).toList());
    return m;
  }

  private static Map<String, Object> json(Kernel k) {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("kernel", k.name);
    m.put("label", k.label);
    m.put("where", k.where);
    m.put("calls", k.calls);
    m.put("seconds", k.seconds);
    k.least.ifPresent(l -> m.put("least_seconds", l));
    m.put("operations", k.cost.operations());
    m.put("products", k.cost.products());
    m.put("bytes", k.cost.bytes());
    return m;
  }
}
