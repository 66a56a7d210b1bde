package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.SafetensorsWriter;
import dev.lgc.runtime.model.CheckpointFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lgc consolidate}. */
@Command(
    name = "consolidate",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a checkpoint that is in shards as one safetensors file, with the same tensors, "
          + "metadata and checksums as one process would have written.",
      "Every tensor is checked first. Other commands read shards as they are."
    },
    footer = {
      "",
      "Examples:",
      "  lgc consolidate out/generator -o generator.safetensors",
      "  lgc consolidate out/generator/step-00001000.safetensors -o generator.safetensors"
    })
final class ConsolidateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "CKPT",
      description = "a checkpoint, or the folder of a run, whose newest one is taken")
  private Path checkpoint;

  @Output
  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "W.safetensors",
      description = "the file to write")
  private Path out;

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    Path file = CheckpointFolder.resolve(checkpoint, text -> err.println("warning: " + text));
    err.flush();
    try (SafetensorsFile from = SafetensorsFile.open(file)) {
      long bytes = SafetensorsWriter.write(out, from).bytes();
      PrintWriter said = spec.commandLine().getOut();
      said.println(
          Text.format(
              "%s: %s in %d bytes, of %s",
              out, Text.count(from.names().size(), "tensor"), bytes, file));
      said.flush();
    }
    return 0;
  }
}
