package dev.lgc.runtime.estimate;

import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.measure.Workload;
import dev.lgc.runtime.model.ModelNeeds;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.sample.CodeSampler;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The reason why drawing computes the whole sequence for each code, and the time it takes. */
public final class UncachedCost {
  private UncachedCost() {}

  /**
   * A sentence for the user who is about to draw.
   *
   * @param drawing a plan whose steps compute whole sequences
   * @param threads of the CPU
   */
  public static String text(PlannedModel drawing, Device device, int threads) {
    return text(
        drawing,
        device instanceof CpuDevice
            ? Optional.of(MachineLimits.knownOrMeasured(threads))
            : Optional.empty());
  }

  /**
   * The same sentence for a device.
   *
   * @param on the device's limits; empty for no time, where they are not known
   */
  public static String text(PlannedModel drawing, Optional<MachineLimits.Known> on) {
    CheckedModel model = drawing.about().check(drawing.batch());
    String why =
        Text.format(
            "no cached step can be derived from %s, because %s. Each of its %d codes is drawn by"
                + " computing the whole sequence",
            drawing.model().name(),
            String.join("; ", ModelNeeds.uncached(model)),
            CodeSampler.generator(drawing.model()).generated());
    return on.map(
            found ->
                Text.format(
                    "%s: a batch of %d takes about %s (%s, %s)",
                    why,
                    drawing.batch(),
                    RunEstimate.duration(seconds(drawing, model, found)),
                    MachineLimits.text(found.limits()),
                    found.how()))
        .orElse(why);
  }

  /** Seconds of one batch. */
  private static double seconds(PlannedModel drawing, CheckedModel model, MachineLimits.Known on) {
    PlanCost costs = PlanCost.of(drawing.plan());
    Map<String, Step> steps = drawing.plan().steps();
    List<StepId> ids = steps.values().stream().map(Step::id).toList();
    return Workload.of(model, ids)
        .orElseThrow()
        .seconds(
            name ->
                on.expected(costs, steps.get(name))
                    .orElseGet(() -> costs.seconds(steps.get(name), on.limits())));
  }
}
