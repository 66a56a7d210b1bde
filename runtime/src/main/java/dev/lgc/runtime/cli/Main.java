package dev.lgc.runtime.cli;

import dev.lgc.runtime.exec.Debug;
import dev.lgc.runtime.io.FileNames;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code lgc} program. */
@Command(
    name = "lgc",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description =
        "Compiles architectures written in .arch into training, sampling and serving programs.",
    footer = {
      "",
      "To begin: lgc quickstart",
      "Exit codes: 0 success, 1 a mistake in the input, 2 a wrong command line, 3 a fault of lgc,",
      "4 a lost rank;",
      "130, 143, 129 interrupted by Ctrl-C, SIGTERM, SIGHUP. Training and sampling continue when",
      "they are started again."
    })
public final class Main implements Callable<Integer> {
  private static final List<Class<?>> COMMANDS =
      List.of(
          QuickstartCommand.class,
          CheckCommand.class,
          FmtCommand.class,
          PlanCommand.class,
          CompileCommand.class,
          ShowCommand.class,
          DiffCommand.class,
          TrainCommand.class,
          ConsolidateCommand.class,
          TokenizeCommand.class,
          ReconstructCommand.class,
          SampleCommand.class,
          DevicesCommand.class,
          BenchCommand.class);

  @Spec private CommandSpec spec;

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    Relaunch.endWithParent();
    Signals.listen(Relaunch.isStarted());
    Locale.setDefault(Locale.ROOT);
    System.setProperty("java.awt.headless", "true");
    StandardStreams streams = StandardStreams.open();
    PrintWriter err = new PrintWriter(System.err, true, System.err.charset());
    int code;
    try {
      FileNames.refuseUnreadable(args);
      Debug.check();
      code = commandLine(args).setOut(streams.out()).setErr(err).execute(args);
    } catch (Throwable e) { // errors, which picocli passes on
      code = Faults.report(e, args, err);
    }
    System.exit(streams.end(code, err));
  }

  /**
   * The program, ready to execute.
   *
   * @param args the arguments; only the named command is built, none for {@code --version}
   */
  static CommandLine commandLine(String... args) {
    CommandLine line = new CommandLine(new Main());
    List<Class<?>> named = COMMANDS.stream().filter(c -> isNamed(c, args)).toList();
    boolean all = named.isEmpty() && !isVersion(args);
    (all ? COMMANDS : named).forEach(line::addSubcommand);
    OptionValues.strict(line);
    line.setExpandAtFiles(false); // a class may be called @home
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(Faults::onException);
    line.setParameterExceptionHandler(Faults::onUsage);
    line.setExecutionStrategy(parsed -> Relaunch.execute(parsed, Main.class));
    line.setHelpFactory(NarrowHelp::factory);
    line.setResourceBundle(new TargetWords());
    return line;
  }

  private static boolean isVersion(String... args) {
    return args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"));
  }

  private static boolean isNamed(Class<?> command, String... args) {
    return args.length > 0 && command.getAnnotation(Command.class).name().equals(args[0]);
  }

  /** Without a subcommand: says what there is. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return CommandLine.ExitCode.OK;
  }
}
