package dev.lgc.runtime.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code lgc} program. */
@Command(
    name = "lgc",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description =
        "Compiles architectures written in .arch into training, sampling and serving programs.")
public final class Main implements Callable<Integer> {

  @Spec private CommandSpec spec;

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  /** Without a subcommand: says what there is. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return CommandLine.ExitCode.OK;
  }

  /** The version this was built as, and the Java it runs on. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {
        "lgc " + (version == null ? "(unpackaged)" : version) + ", Java " + Runtime.version()
      };
    }
  }
}
