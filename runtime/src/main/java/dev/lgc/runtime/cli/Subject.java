package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.ForeignFile;
import dev.lgc.runtime.model.ArchSources;
import dev.lgc.runtime.model.Artifact;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.ModelNeeds;
import dev.lgc.runtime.model.Models;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A model that a command looks at: of an {@code .arch}, a library module, a {@code .lgc}, or a
 * checkpoint.
 *
 * @param choice which model
 * @param file its text, loaded
 * @param batch what {@code b} is bound to
 * @param compiled it, if it was compiled already, for this batch
 */
record Subject(ModelChoice choice, Language file, int batch, Optional<Artifact> compiled) {

  /**
   * What {@code name} means.
   *
   * @param model the model's name in an {@code .arch}; may be empty
   * @param batch samples in a batch; 0 for what was compiled, else 8
   * @param warn is told which checkpoints of a folder are damaged
   */
  static Subject of(
      String name, String model, Map<String, String> parameters, int batch, Consumer<String> warn) {
    Path path = Path.of(name);
    if (Artifact.isNamed(name)) {
      Artifact a = Artifact.read(path);
      ModelChoice choice = a.choice().with(model, parameters);
      boolean same = choice.equals(a.choice()) && (batch <= 0 || batch == a.batch());
      return new Subject(
          choice,
          UserError.orThrow(a.sources().load()),
          batch > 0 ? batch : a.batch(),
          same ? Optional.of(a) : Optional.empty());
    }
    if (ForeignFile.isNamedAsWeights(name) || Files.isDirectory(path)) {
      Checkpoint c = Checkpoint.read(CheckpointFolder.resolve(path, warn));
      return new Subject(
          c.model().with(model, parameters),
          UserError.orThrow(c.sources().load()),
          batch > 0 ? batch : 8,
          Optional.empty());
    }
    ModelChoice choice = new ModelChoice(name, model, parameters);
    return new Subject(choice, Models.load(choice), batch > 0 ? batch : 8, Optional.empty());
  }

  /** Its text. */
  ArchSources sources() {
    return ArchSources.of(file);
  }

  /** The model, checked. */
  CheckedModel check() {
    return Models.check(file, choice, batch);
  }

  /**
   * The model, checked to be one that can be fed.
   *
   * @throws UserError if it has mistakes, or inputs that would be fed the same data
   */
  CheckedModel checkInputs() {
    CheckedModel model = check();
    ModelNeeds.refuseAmbiguous(model, file.sources());
    return model;
  }

  /** The same for a batch of another size. */
  Subject withBatch(int other) {
    return other == batch ? this : new Subject(choice, file, other, Optional.empty());
  }

  /** What training the model needs; empty if it has no objectives. */
  static List<Request> training(CheckedModel model, boolean averaged) {
    List<String> names = model.entries(Entry.Kind.OBJECTIVE).stream().map(Entry::name).toList();
    if (names.isEmpty()) {
      return List.of();
    }
    return Request.training(
        names, new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, averaged), false);
  }

  /**
   * What is asked for together: what training the model needs, and each other use of it.
   *
   * @param trained whether it is trained at all
   */
  static List<List<Request>> purposes(CheckedModel model, boolean trained) {
    List<List<Request>> all = new ArrayList<>();
    Set<String> losses = new HashSet<>();
    if (trained && !training(model, false).isEmpty()) {
      all.add(training(model, false));
      // Training has the held-out losses with it.
      model.entries(Entry.Kind.OBJECTIVE).forEach(e -> losses.add(StepId.loss(e.name()).name()));
    }
    for (Request r : using(model, true)) {
      if (!(r instanceof Request.Evaluate e && losses.contains(e.entry()))) {
        all.add(List.of(r));
      }
    }
    return all;
  }

  /** What using the trained model needs. */
  static List<Request> using(CheckedModel model, boolean guided) {
    List<Request> all = new ArrayList<>();
    for (Entry e : model.entries()) {
      switch (e.kind()) {
        case FUNCTION -> all.add(new Request.Evaluate(e.name()));
        case GENERATE -> all.add(new Request.Generate(e.name(), guided, true, false));
        case OBJECTIVE -> {}
      }
    }
    return all;
  }
}
