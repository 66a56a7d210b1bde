package dev.lgc.runtime.train;

import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.exec.StepFault;
import dev.lgc.runtime.io.BadInputException;

/** The message for a run that computes infinities or not-a-numbers. */
final class NonFinite {
  private static final String HINT =
      "lower `optimizer.lr`, add `schedule.warmup` or clip; the last checkpoint is sound";

  private static final String ALONE = "; train on one rank to see which operation it comes from";

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

  /** The loss of a part of a batch, which some rank computed. */
  static SharedFailure loss(double loss, int shard, Entry objective, long done) {
    return new SharedFailure(
        new BadInputException(
            Text.format(
                "step %d: the loss of %s is %s in shard %d",
                done + 1, objective.name(), loss, shard),
            "a finite number",
            HINT + ALONE));
  }

  /**
   * The gradient: the loss was finite.
   *
   * @param ranks of the run; several do not look for the operation
   */
  static RuntimeException gradient(Ranks ranks, Session session, Entry objective, long done) {
    boolean one = ranks.size() == 1;
    String where = one ? first(session, StepId.gradients(objective.name()).name()) : "";
    BadInputException e =
        new BadInputException(
            Text.format(
                "step %d: the gradient of %s is not finite%s", done + 1, objective.name(), where),
            "finite numbers",
            one ? HINT : HINT + ALONE);
    return one ? e : new SharedFailure(e);
  }

  /** The origin of the first bad number; its inputs are still in place. */
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
