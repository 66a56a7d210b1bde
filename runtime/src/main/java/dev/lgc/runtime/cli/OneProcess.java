package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dist.Launch;
import dev.lgc.runtime.io.BadInputException;
import java.util.Map;

/** The refusal of commands that each of several ranks would do on its own, over the others. */
final class OneProcess {
  /** A command that several ranks may run at once: they share its work, or it writes nothing. */
  interface Exempt {}

  /** A command whose work several ranks share: rank 0 alone checks and writes its outputs. */
  interface Shared extends Exempt {}

  private OneProcess() {}

  /**
   * Requires that a command runs alone, unless it is {@link Exempt}.
   *
   * @param command the user object of a command
   * @throws BadInputException if a launcher started several ranks; {@link SaidByAnother} on others
   *     than rank 0
   */
  static void require(Object command, Map<String, String> environment) {
    if (!(command instanceof Exempt)) {
      Launch.ofSeveral(environment)
          .ifPresent(
              l -> {
                throw refusal(
                    l,
                    "one process",
                    "only `lgc train`, `lgc tokenize` and `lgc sample` run on several ranks");
              });
    }
  }

  /** The refusal of a number of ranks that a launcher has started; rank 0 tells the user. */
  static RuntimeException refusal(Launch l, String expected, String hint) {
    String what = Text.format("started by %s as one of %d ranks", l.launcher(), l.size());
    BadInputException mistake = new BadInputException(what, expected, hint);
    return l.rank() == 0 ? mistake : new SaidByAnother(mistake);
  }
}
