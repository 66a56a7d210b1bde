package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.model.WeightsOf;
import java.util.Map;

/**
 * The decay of the averaged parameters at each step.
 *
 * @param decay in the long run; 0 if there are no averages
 * @param warmup whether it rises from 0.1 as {@code (1 + n) / (10 + n)} after n steps with
 *     averages, so that an average is never mostly of initial values
 * @param since the step that the averages began at, equal to the parameters
 */
record AverageDecay(double decay, boolean warmup, long since) {
  /** Of a run whose averages begin after {@code since} steps. */
  static AverageDecay of(RunConfig config, long since) {
    return new AverageDecay(config.ema(), config.emaWarmup(), since);
  }

  /** Of a run that goes on: checkpoints that do not say so have had averages from step 0. */
  static AverageDecay resumed(RunConfig config, Map<String, String> facts) {
    return of(config, Long.parseLong(facts.getOrDefault(WeightsOf.AVERAGE_SINCE, "0")));
  }

  boolean isOn() {
    return decay > 0;
  }

  /** The decay of the step after {@code done} steps. */
  double at(long done) {
    double n = done - since;
    return warmup ? Math.min(decay, (1 + n) / (10 + n)) : decay;
  }

  /** The facts that a checkpoint keeps. */
  Map<String, String> facts() {
    return isOn() ? Map.of(WeightsOf.AVERAGE_SINCE, String.valueOf(since)) : Map.of();
  }
}
