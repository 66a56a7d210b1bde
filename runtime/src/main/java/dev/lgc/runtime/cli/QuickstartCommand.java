package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.AtomicFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
  private static final List<String> FILES =
      List.of("shapes.arch", "tokenizer.yaml", "generator.yaml");

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
          "minutes to train, about; training stops earlier when it is complete; 4 by " + "default")
  @Range(min = 0, max = 100_000, above = true)
  private double minutes;

  @Option(names = "--restart", description = "forget what was trained and start again")
  private boolean restart;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    for (String name : FILES) {
      Path file = dir.resolve(name);
      if (!Files.exists(file)) {
        AtomicFiles.writeBytes(file, resource(name));
      }
    }
    RunFile tokenizer = UserError.orThrow(RunFile.read(dir.resolve("tokenizer.yaml")));
    RunFile generator = UserError.orThrow(RunFile.read(dir.resolve("generator.yaml")));
    Quickstart quickstart = new Quickstart(dir, tokenizer, generator, out, err);
    if (restart) {
      quickstart.forget();
    }
    return quickstart.run((long) (minutes * 60e9)) ? 0 : Interrupt.exitCode();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = QuickstartCommand.class.getResourceAsStream("quickstart/" + name)) {
      return in.readAllBytes();
    }
  }
}
