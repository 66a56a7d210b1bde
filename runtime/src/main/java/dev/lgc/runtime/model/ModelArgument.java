package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.ForeignFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The model that a command line names: of an {@code .arch}, a library module, a {@code .lgc}, or a
 * checkpoint.
 *
 * @param choice the model's file, name and parameters
 * @param file its text, loaded
 * @param batch samples in a batch: the value of {@code b}
 * @param compiled the compiled model, if it is compiled for this batch
 */
public record ModelArgument(
    ModelChoice choice, Language file, int batch, Optional<Artifact> compiled) {

  /**
   * The model that {@code name} means.
   *
   * @param model the model's name in an {@code .arch}; may be empty
   * @param batch samples in a batch; 0 for what was compiled, else 8
   * @param warn is told which checkpoints of a folder are damaged
   */
  public static ModelArgument of(
      String name, String model, Map<String, String> parameters, int batch, Consumer<String> warn) {
    Path path = Path.of(name);
    if (Artifact.isNamed(name)) {
      Artifact a = Artifact.read(path);
      ModelChoice choice = a.choice().with(model, parameters);
      boolean same = choice.equals(a.choice()) && (batch <= 0 || batch == a.batch());
      return new ModelArgument(
          choice,
          UserError.orThrow(a.sources().load()),
          batch > 0 ? batch : a.batch(),
          same ? Optional.of(a) : Optional.empty());
    }
    if (ForeignFile.isNamedAsWeights(name) || Files.isDirectory(path)) {
      Checkpoint c = Checkpoint.read(CheckpointFolder.resolve(path, warn));
      return new ModelArgument(
          c.model().with(model, parameters),
          UserError.orThrow(c.sources().load()),
          batch > 0 ? batch : 8,
          Optional.empty());
    }
    ModelChoice choice = new ModelChoice(name, model, parameters);
    return new ModelArgument(choice, Models.load(choice), batch > 0 ? batch : 8, Optional.empty());
  }

  /** Its text. */
  public ArchSources sources() {
    return ArchSources.of(file);
  }

  /** The model, checked. */
  public CheckedModel check() {
    return Models.check(file, choice, batch);
  }

  /**
   * The model, checked to be one that can be fed.
   *
   * @throws UserError if it has mistakes, or inputs that would be fed the same data
   */
  public CheckedModel checkInputs() {
    CheckedModel model = check();
    ModelNeeds.refuseAmbiguous(model, file.sources());
    return model;
  }

  /** The same for a batch of another size. */
  public ModelArgument withBatch(int other) {
    return other == batch ? this : new ModelArgument(choice, file, other, Optional.empty());
  }

  /** Its objectives for a batch of another size. */
  public List<Entry> objectives(int otherBatch) {
    return Models.objectives(file, choice, otherBatch);
  }

  /** The plans of the compiled model, or else plans that are made now, for {@code purposes}. */
  public List<ExecutionPlan> plans(CheckedModel checked, List<List<Request>> purposes) {
    return compiled
        .map(a -> a.plans().stream().map(a::plan).toList())
        .orElseGet(() -> Models.plans(checked, purposes, Long.MAX_VALUE));
  }
}
