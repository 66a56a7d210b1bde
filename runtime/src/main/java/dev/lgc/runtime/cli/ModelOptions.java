package dev.lgc.runtime.cli;

import dev.lgc.runtime.model.ModelArgument;
import dev.lgc.runtime.model.ModelChoice;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The options for the model that a command is about. */
final class ModelOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Parameters(
      index = "0",
      paramLabel = "F.arch",
      description = "an .arch file, or a library module such as llamagen or vq")
  String arch;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description = "the model; not needed if the file has only one")
  String model;

  @Option(
      names = {"-p", "--parameter"},
      paramLabel = "NAME=VALUE",
      description = "the value of a parameter of the model, such as size=3B; may be repeated")
  Map<String, String> parameters = new LinkedHashMap<>();

  /** Returns true if one model is meant, and not the whole file. */
  boolean names() {
    return model != null || !parameters.isEmpty();
  }

  /** The model that is meant, of whatever kind of file. */
  ModelArgument argument(int batch) {
    PrintWriter err = command.commandLine().getErr();
    return ModelArgument.of(
        arch, model == null ? "" : model, parameters, batch, WeightsConsole.of(err)::warn);
  }

  /** The model that is meant in an {@code .arch}. */
  ModelChoice choice() {
    return new ModelChoice(arch, model == null ? "" : model, parameters);
  }
}
