package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;

/**
 * The learning rate of each step: rises along a line from 0 while warming up, then stays or falls
 * to {@code end} times its value at the last step.
 */
record LearningRate(
    RunConfig.Schedule.Kind kind, double peak, long warmup, double end, long steps) {

  static LearningRate of(RunConfig config, long steps) {
    RunConfig.Schedule s = config.schedule();
    return new LearningRate(s.kind(), config.optimizer().lr(), s.warmup(), s.end(), steps);
  }

  /** The learning rate of the step after {@code done} steps. */
  double at(long done) {
    if (done < warmup) {
      return peak * (done + 1) / warmup;
    }
    double way = Math.min(1, (done - warmup + 1.0) / Math.max(1, steps - warmup));
    double share =
        switch (kind) {
          case CONSTANT -> 1;
          case COSINE -> end + (1 - end) * 0.5 * (1 + Math.cos(Math.PI * way));
          case LINEAR -> end + (1 - end) * (1 - way);
        };
    return peak * share;
  }
}
