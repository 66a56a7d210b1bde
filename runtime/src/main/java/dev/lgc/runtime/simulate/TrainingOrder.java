package dev.lgc.runtime.simulate;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps that a rank runs for one step of training, in their order:
 *
 * <pre>
 * for each of its shards
 *   for each micro-batch    NAME.gradients, or NAME.accumulate, or for the last NAME.reduce, of each objective
 *   NAME.combineT of each objective, if the rank has several shards
 * NAME.update of each objective
 * </pre>
 */
final class TrainingOrder {
  private TrainingOrder() {}

  /**
   * The order of a plan.
   *
   * @param objectives their names
   * @param shards of the rank
   * @param micros micro-batches of a shard
   */
  static List<Step> of(ExecutionPlan plan, List<String> objectives, int shards, int micros) {
    List<Step> all = new ArrayList<>();
    for (int place = 0; place < shards; place++) {
      for (int m = 0; m < micros; m++) {
        for (String o : objectives) {
          all.add(gradients(plan, o, m, micros));
        }
      }
      if (shards > 1) {
        for (String o : objectives) {
          all.add(plan.step(StepId.combine(o, Request.Sharding.level(place)).name()));
        }
      }
    }
    objectives.forEach(o -> all.add(plan.step(StepId.update(o).name())));
    return all;
  }

  private static Step gradients(ExecutionPlan plan, String objective, int micro, int micros) {
    if (micro == 0) {
      return plan.step(StepId.gradients(objective).name());
    }
    String reduce = StepId.reduce(objective).name();
    return micro == micros - 1 && plan.steps().containsKey(reduce)
        ? plan.step(reduce)
        : plan.step(StepId.accumulate(objective).name());
  }
}
