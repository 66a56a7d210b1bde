package dev.lgc.runtime.estimate;

import dev.lgc.compiler.cost.Limits;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig.Precision;
import dev.lgc.runtime.measure.MachineLimits;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The cost of a model for each of its purposes, with what they have in common.
 *
 * @param model the model
 * @param batch samples in a batch
 * @param precision the type in which training computes products
 * @param reports the cost for each purpose
 * @param on the limits of the machine that times are for
 * @param microBatches the ways to train a batch in parts, each as text
 */
public record ModelPlan(
    CheckedModel model,
    int batch,
    Precision precision,
    List<PlanReport> reports,
    MachineLimits.Known on,
    List<String> microBatches) {

  /** All of it for people. */
  public String text() {
    StringBuilder s = new StringBuilder();
    String mixed = precision == Precision.F32 ? "" : ", training in " + keyword();
    s.append(Text.format("%s, batch %d%s%n", model.name(), batch, mixed));
    s.append(PlanReport.storage(model)).append('\n');
    reports.forEach(r -> s.append(r.text()).append('\n'));
    Limits limits = on.limits();
    s.append(Text.format("times at %s, %s%n", MachineLimits.text(limits), on.how()));
    microBatches.forEach(m -> s.append(m).append(System.lineSeparator()));
    return s.toString();
  }

  /** All of it for scripts. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", model.name());
    all.put("arguments", model.arguments());
    all.put("batch", batch);
    all.put("precision", keyword());
    all.put("parameters", PlanReport.values(model, Storage.Role.PARAMETER));
    all.put("buffers", PlanReport.values(model, Storage.Role.BUFFER));
    all.put("frozen", PlanReport.values(model, Storage.Role.FROZEN));
    reports.forEach(r -> all.put(r.purpose(), r.json()));
    all.putAll(MachineLimits.json(on.limits()));
    all.put("limits", on.how());
    all.put("micro_batches", microBatches);
    return all;
  }

  private String keyword() {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
