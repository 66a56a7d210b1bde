package dev.lgc.runtime.cli;

import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.quickstart.Quickstart;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc quickstart}. */
@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    description = {
      "Shows all of lgc on a small example: compiles a model, trains its tokenizer "
          + "and its generator on drawn shapes, and samples new shapes. It takes a few "
          + "minutes on two cores.",
      "A second start continues where the first one stopped."
    },
    footer = {"", "Example:", "  lgc quickstart"})
final class QuickstartCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--dir",
      paramLabel = "FOLDER",
      defaultValue = "quickstart",
      description = "the folder for all files; quickstart by default")
  private Path dir;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "4",
      description =
          "approximate minutes of training; it stops earlier when it is complete; 4 by default")
  @Range(min = 0, max = 100_000, above = true)
  private double minutes;

  @Option(names = "--restart", description = "discard earlier training and start again")
  private boolean restart;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Quickstart quickstart =
        Quickstart.in(
            dir,
            (run, stop) ->
                Training.run(told -> run, Devices::cpu, new OneRank(), err, stop, result -> {}),
            () -> Devices.cpu(0),
            WeightsConsole.of(err),
            out);
    if (restart) {
      quickstart.forget();
    }
    return quickstart.run((long) (minutes * 60e9)) ? 0 : Interrupt.exitCode();
  }
}
