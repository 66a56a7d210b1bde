package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.GivenModel;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Artifact;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** A run on a command line: a run file, optionally after the model that it trains. */
final class RunArguments {
  private static final String EXPECTED = "RUN.yaml, M.lgc RUN.yaml or F.arch -m MODEL RUN.yaml";

  /** The options of {@code plan} that a run file does not answer. */
  private static final List<String> WITH_A_RUN =
      List.of(
          "--limits",
          "--threads",
          "--dump",
          "--json",
          "--model",
          "--parameter",
          "--ranks",
          "--hosts",
          "--link",
          "--out");

  private RunArguments() {}

  /** Refuses options of {@code plan} that would contradict a run file. */
  static void refuseOthers(ParseResult parsed) {
    for (OptionSpec o : parsed.matchedOptions()) {
      if (!WITH_A_RUN.contains(o.longestName())) {
        throw new BadInputException(
            o.longestName() + " with a run file",
            "the run file's own settings, which are what is planned",
            "change them there, or plan the model: lgc plan F.arch -m MODEL");
      }
    }
  }

  /**
   * Reads the run.
   *
   * @param words a run file, or a model's file and a run file
   * @param model {@code -m}, or null
   * @param parameters {@code -p}
   * @param err is told what of the run file is not used
   */
  static RunFile read(
      List<String> words, String model, Map<String, String> parameters, PrintWriter err) {
    if (words.size() > 2) {
      throw new BadInputException(words.size() + " files", EXPECTED, "");
    }
    boolean named = words.size() == 2;
    if (named && RunFile.isNamed(words.getFirst()) && !RunFile.isNamed(words.getLast())) {
      throw new BadInputException(
          "the run file " + words.getFirst() + " before the model", EXPECTED, "");
    }
    if ((!named || Artifact.isNamed(words.getFirst()))
        && (model != null || !parameters.isEmpty())) {
      throw new BadInputException(
          (model != null ? "-m " + model : "-p")
              + (named ? " with " + words.getFirst() : " without a model's file"),
          "F.arch -m MODEL -p NAME=VALUE RUN.yaml",
          named
              ? "a .lgc is one model with its parameters: compile another"
              : "a run file has `model`, with its `parameters`");
    }
    Optional<GivenModel> given =
        named
            ? Optional.of(new GivenModel(words.getFirst(), model == null ? "" : model, parameters))
            : Optional.empty();
    RunFile run = UserError.orThrow(RunFile.read(Path.of(words.getLast()), given));
    run.note().ifPresent(n -> err.println("note: " + n));
    err.flush();
    return run;
  }
}
