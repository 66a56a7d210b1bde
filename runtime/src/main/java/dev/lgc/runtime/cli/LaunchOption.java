package dev.lgc.runtime.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The number of processes that a command is to run as on this machine. */
final class LaunchOption {
  @Option(
      names = "--ranks",
      paramLabel = "N",
      description =
          "run as N processes on this machine, started by mpirun; for several machines start `lgc"
              + " ${COMMAND-NAME}` by mpirun or srun")
  @Range(min = 1, max = 4096)
  private int ranks;

  /** Returns true if this process is to start ranks, and is none. */
  boolean startsRanks() {
    return RankLauncher.startsRanks(ranks, System.getenv());
  }

  /** Refuses an option that is for several ranks where only one is asked for. */
  void requireSeveral(String option, CommandSpec spec) {
    if (ranks < 2) {
      throw new ParameterException(spec.commandLine(), option + " goes with --ranks 2 or more");
    }
  }

  /**
   * Runs a command as several ranks.
   *
   * @param spec of the command
   * @param restarts after a rank was lost, at most
   * @return the exit code
   */
  int run(CommandSpec spec, int restarts, PrintWriter err) {
    List<String> arguments = spec.commandLine().getParent().getParseResult().originalArgs();
    Class<?> program = spec.root().userObject().getClass();
    return RankLauncher.run(program, ranks, arguments, restarts, err);
  }
}
