package dev.lgc.runtime.estimate;

import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.model.ModelNeeds;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.sample.CodeSampler;

/** The reason why drawing computes the whole sequence for each code, and the time it takes. */
public final class UncachedCost {
  private UncachedCost() {}

  /**
   * A sentence for who is about to draw.
   *
   * @param drawing a plan whose steps compute whole sequences
   * @param threads of the CPU
   */
  public static String text(PlannedModel drawing, Device device, int threads) {
    Outline.Signature entry = CodeSampler.generator(drawing.model());
    String why = String.join("; ", ModelNeeds.uncached(drawing.about().check(drawing.batch())));
    String cost =
        Text.format(
            "no cached step can be derived from %s, because %s. Each of its %d codes takes"
                + " computing all of them",
            drawing.model().name(), why, entry.generated());
    return device instanceof CpuDevice
        ? Text.format(
            "%s: about %s for every %d of the samples",
            cost, RunEstimate.duration(seconds(drawing, entry, threads)), drawing.batch())
        : cost;
  }

  /** Seconds of one batch on this machine. */
  private static double seconds(PlannedModel drawing, Outline.Signature entry, int threads) {
    MachineLimits.Found on = MachineLimits.known(threads);
    PlanCost costs = PlanCost.of(drawing.plan());
    double all = 0;
    for (Step s : drawing.plan().steps().values()) {
      double one = on.expected(costs, s).orElseGet(() -> costs.seconds(s, on.limits()));
      if (s.name().equals(CodeSampler.first(entry))) {
        all += one;
      } else if (s.name().startsWith(entry.name() + ".")) {
        all += one * (entry.generated() - 1);
      }
    }
    return all;
  }
}
