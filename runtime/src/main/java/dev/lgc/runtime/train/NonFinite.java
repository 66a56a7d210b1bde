package dev.lgc.runtime.train;

import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.exec.StepFault;
import dev.lgc.runtime.io.BadInputException;

/** What is said when a run computes infinities or not-a-numbers. */
final class NonFinite {
  private static final String HINT =
      "lower `optimizer.lr`, add `schedule.warmup` or clip; the last checkpoint is sound";

  private NonFinite() {}

  /**
   * The loss: runs the step again, looking at every result, to say which operation it came from.
   */
  static BadInputException loss(Session session, StepIo io, Entry objective, long done) {
    return new BadInputException(
        Text.format(
            "step %d: the loss of %s is %s%s",
            done + 1, objective.name(), io.scalar(0), first(session, io.name())),
        "a finite number",
        HINT);
  }

  /** The gradient: the loss was finite. */
  static BadInputException gradient(Session session, Entry objective, long done) {
    String where = first(session, StepId.gradients(objective.name()).name());
    return new BadInputException(
        Text.format(
            "step %d: the gradient of %s is not finite%s", done + 1, objective.name(), where),
        "finite numbers",
        HINT);
  }

  /** Where the first bad number comes from; its inputs are still in place. */
  private static String first(Session session, String step) {
    try {
      for (boolean infinities : new boolean[] {false, true}) {
        session.guard(infinities);
        session.run(step);
      }
      return "";
    } catch (StepFault f) {
      return "; it comes from " + f.getMessage();
    } finally {
      session.unobserved();
    }
  }
}
