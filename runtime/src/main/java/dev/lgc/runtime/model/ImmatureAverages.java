package dev.lgc.runtime.model;

import dev.lgc.dsl.text.Text;
import java.util.Map;
import java.util.Optional;

/**
 * Averages that are still mostly what they began as: the initial values, or the parameters of a
 * later step.
 *
 * @param decay of a step, without warmup
 * @param step that they are of
 * @param since the step that they began at
 */
record ImmatureAverages(double decay, long step, long since) {
  /** The share of initial values in an average from which on it is worth a warning. */
  private static final double MUCH = 0.05;

  private static final String FACT = "immature_averages";

  /** The averages of a checkpoint or of an artifact; empty if they are mature. */
  static Optional<ImmatureAverages> of(Checkpoint of) {
    String kept = of.facts().get(FACT);
    if (kept != null) {
      String[] parts = kept.split(" ", -1);
      return parts.length == 3
          ? Optional.of(
              new ImmatureAverages(
                  Double.parseDouble(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2])))
          : Optional.empty();
    }
    Map<String, String> s = of.settings();
    ImmatureAverages found =
        new ImmatureAverages(
            Double.parseDouble(s.getOrDefault("ema", "0")),
            of.step(),
            Long.parseLong(of.facts().getOrDefault(WeightsOf.AVERAGE_SINCE, "0")));
    boolean warmup = Boolean.parseBoolean(s.get("ema_warmup"));
    return found.decay == 0 || warmup || found.share() < MUCH
        ? Optional.empty()
        : Optional.of(found);
  }

  private double share() {
    return Math.pow(decay, step - since);
  }

  /** The same as a fact of an artifact, which does not have the settings of the run. */
  Map<String, String> facts() {
    return Map.of(FACT, decay + " " + step + " " + since);
  }

  /** A main clause. */
  String text() {
    return Text.format(
        "the averages are still %.0f %% the %s (ema %s, without ema_warmup, after %d steps)",
        100 * share(),
        since == 0 ? "model's initial values" : "parameters of step " + since,
        decay,
        step);
  }
}
