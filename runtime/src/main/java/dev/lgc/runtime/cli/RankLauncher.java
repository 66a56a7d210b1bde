package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dist.Launch;
import dev.lgc.runtime.dist.MpiCommand;
import dev.lgc.runtime.dist.MpiMissing;
import dev.lgc.runtime.dist.MpiRanks;
import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.io.BadInputException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The ranks of a command: what they were started as, and how several are started here. */
final class RankLauncher {
  private static final int OF_SIGNALS = 128;

  private RankLauncher() {}

  /**
   * Returns true if this process is to start ranks, and is none.
   *
   * @param wanted number of ranks that the command line asks for; 0 for no number
   * @throws BadInputException if a launcher has started another number of ranks
   */
  static boolean startsRanks(int wanted, Map<String, String> environment) {
    // Slurm also says of a shell that it is one task of one.
    Optional<Launch> launch =
        Launch.of(environment).filter(l -> l.size() > 1 || !l.launcher().contains("Slurm"));
    if (launch.isEmpty()) {
      return wanted > 1;
    }
    if (wanted > 0 && wanted != launch.get().size()) {
      throw OneProcess.refusal(
          launch.get(),
          "as many as `--ranks " + wanted + "`",
          "leave out --ranks: the launcher says how many there are");
    }
    return false;
  }

  /**
   * The ranks that this process is one of.
   *
   * @throws BadInputException if there are several, and no MPI library by which they could meet;
   *     where it tells the user of the same on this machine, {@link SaidByAnother}
   */
  static Ranks open(Map<String, String> environment) {
    Optional<Launch> launch = Launch.ofSeveral(environment);
    if (launch.isEmpty()) {
      return new OneRank();
    }
    try {
      return MpiRanks.open();
    } catch (MpiMissing e) {
      if (Launch.isFirstHere(environment)) {
        throw missing(e);
      }
      throw new SaidByAnother(missing(e));
    }
  }

  private static BadInputException missing(MpiMissing e) {
    return new BadInputException(
        e.getMessage(),
        "Open MPI 4 or later, or MPICH",
        "one process, without --ranks, needs none");
  }

  /**
   * Runs this command as several ranks on this machine, and again after a rank was lost: it goes on
   * from its newest checkpoint then.
   *
   * @param program the main class of the ranks
   * @param arguments of this process
   * @param restarts at most
   * @return the exit code
   */
  static int run(
      Class<?> program, int ranks, List<String> arguments, int restarts, PrintWriter err) {
    for (int restart = 1; ; restart++) {
      int code = once(program, ranks, arguments);
      if (!isLost(code) || Signals.havePassed() || restart > restarts) {
        return code;
      }
      err.println(
          Text.format(
              "a rank was lost (exit code %d): starting again from the newest checkpoint, restart"
                  + " %d of %d",
              code, restart, restarts));
      err.flush();
    }
  }

  private static int once(Class<?> main, int ranks, List<String> arguments) {
    try {
      List<String> program = Relaunch.command(main, MpiCommand.jvmFlags(ranks), arguments);
      StartedRanks processes = new StartedRanks();
      int code = Relaunch.run(MpiCommand.of(ranks, program), processes);
      processes.awaitEnd();
      return code;
    } catch (MpiMissing e) {
      throw missing(e);
    }
  }

  /** Returns true if ranks ended because one was lost, and not by a mistake or by the user. */
  private static boolean isLost(int code) {
    return code == Ranks.LOST
        || code > OF_SIGNALS
            && code != OF_SIGNALS + Signals.TERM
            && code != OF_SIGNALS + Signals.INT
            && code != OF_SIGNALS + Signals.HUP;
  }
}
