package dev.lgc.runtime.bench;

import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.measure.Measurement;
import dev.lgc.runtime.measure.Workload;
import dev.lgc.runtime.report.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The result of a benchmark.
 *
 * @param model the model's name
 * @param batch samples in a batch
 * @param device the device's name
 * @param tuned the run of the autotuner before, if there was one
 * @param steps the measurement of each step
 * @param total the steps together that a user waits for, if all of them were measured
 */
public record BenchReport(
    String model,
    int batch,
    String device,
    Optional<TuningRun> tuned,
    List<Measurement> steps,
    Optional<Total> total) {

  /**
   * The time of a workload.
   *
   * @param name the workload's
   * @param seconds the sum over its steps
   * @param least seconds that the device's limits allow; empty if they are not known
   */
  public record Total(String name, double seconds, OptionalDouble least) {}

  /** The time of {@code model}'s workload, for whose steps there are measurements. */
  public static Optional<Total> total(CheckedModel model, List<Measurement> measured) {
    Map<String, Measurement> steps = new LinkedHashMap<>();
    measured.forEach(m -> steps.put(m.step(), m));
    boolean limited = measured.stream().allMatch(m -> m.limits().isPresent());
    return Workload.of(model, measured.stream().map(m -> StepId.of(m.step())).toList())
        .map(
            w ->
                new Total(
                    w.name(),
                    w.seconds(s -> steps.get(s).seconds()),
                    limited
                        ? OptionalDouble.of(w.seconds(s -> steps.get(s).least().orElseThrow()))
                        : OptionalDouble.empty()));
  }

  /** The total in a line for people; empty if there is none. */
  public String totalText() {
    if (total.isEmpty()) {
      return "";
    }
    Total t = total.get();
    StringBuilder s = new StringBuilder();
    s.append(Text.format("%s: %s", t.name(), Table.seconds(t.seconds())));
    t.least()
        .ifPresent(
            l ->
                s.append(
                    Text.format(
                        ", limit %s: %s", Table.seconds(l), Measurement.share(l, t.seconds()))));
    return s.append(System.lineSeparator()).toString();
  }

  /** All of it for scripts. */
  public Map<String, Object> json() {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("model", model);
    m.put("batch", batch);
    m.put("device", device);
    tuned.ifPresent(t -> m.put("tuned", t.json()));
    m.put("steps", steps.stream().map(Measurement::json).toList());
    total.ifPresent(
        t -> {
          m.put("whole", t.name());
          m.put("whole_seconds", t.seconds());
          t.least().ifPresent(l -> m.put("whole_least_seconds", l));
        });
    return m;
  }
}
