package dev.lgc.runtime.cli;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Artifact;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.ModelArgument;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.PlanSource;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The generator and its weights: a checkpoint, or a model and a file of weights. */
final class GeneratorOptions {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "F.arch",
      description =
          "the generator, instead of -g: an .arch file or a library module with "
              + "--weights, or a .lgc; a .lgc with weights needs no --weights")
  private String arch;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description = "the generator in F.arch; not needed if the file has only one model")
  private String model = "";

  @Option(
      names = {"-p", "--parameter"},
      paramLabel = "NAME=VALUE",
      description = "the value of a parameter of the generator; may be repeated")
  private Map<String, String> parameters = new LinkedHashMap<>();

  @Option(
      names = "--weights",
      paramLabel = "W.safetensors",
      description = "with F.arch: the generator's weights, found by their names in the model")
  private Path weights;

  @Mixin private WeightsOfOption weightsOf;

  @Option(
      names = {"-g", "--generator"},
      paramLabel = "CKPT",
      description = "the generator: a checkpoint, or the folder of its run")
  private Path checkpoint;

  /**
   * A generator.
   *
   * @param file its weights; empty if they are with what was compiled
   * @param source of the model they are of
   */
  record Generator(Optional<Path> file, PlanSource source) {}

  /** Refuses what does not name one generator. */
  void check() {
    if ((arch == null) == (checkpoint == null)) {
      throw new BadInputException(
          arch == null ? "no generator" : "both " + arch + " and -g",
          "-g CKPT, or F.arch with --weights",
          "");
    }
    boolean mayBeWithIt = arch != null && Artifact.isNamed(arch);
    if ((arch == null) != (weights == null) && !mayBeWithIt) {
      throw new BadInputException(
          arch == null ? "--weights without a model" : arch + " without weights",
          "F.arch -m MODEL --weights W.safetensors",
          "");
    }
  }

  /** The generator that is meant. */
  Generator generator(Consumer<String> warn) {
    Optional<Path> file =
        Optional.ofNullable(arch == null ? checkpoint : weights)
            .map(w -> CheckpointFolder.resolve(w, warn));
    Optional<Checkpoint> says = file.flatMap(Checkpoint::find);
    PlanSource source =
        arch == null
            ? PlanSource.of(says.orElseGet(() -> Checkpoint.read(file.orElseThrow())))
            : says.map(source(warn)::trainedAs).orElseGet(() -> source(warn));
    return new Generator(file, source.with(weightsOf.wanted()));
  }

  private PlanSource source(Consumer<String> warn) {
    if (Artifact.isNamed(arch)) {
      Artifact a = Artifact.read(Path.of(arch));
      ModelChoice choice = a.choice().with(model, parameters);
      return choice.equals(a.choice())
          ? PlanSource.of(a)
          : PlanSource.of(Checkpoint.elsewhere(choice, a.sources()));
    }
    ModelArgument s = ModelArgument.of(arch, model, parameters, 1, warn);
    return PlanSource.of(Checkpoint.elsewhere(s.choice(), s.sources(), s.checkInputs()));
  }
}
