package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.io.SafetensorsFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A known model, and where plans of it come from: what was compiled, if that is what is asked for;
 * otherwise the model's sources are checked and planned.
 *
 * @param about which model
 * @param compiled the same, compiled for some batch and purposes
 */
public record Origin(Checkpoint about, Optional<Artifact> compiled) {

  /** A model of which there are the sources alone. */
  public static Origin of(Checkpoint about) {
    return new Origin(about, Optional.empty());
  }

  /** A compiled model. */
  public static Origin of(Artifact compiled) {
    return new Origin(compiled.about(), Optional.of(compiled));
  }

  /**
   * What the model's entries take and give, for some batch: their names, kinds and all facts do not
   * depend on it.
   */
  public Outline outline() {
    return compiled.map(Artifact::outline).orElseGet(() -> about.check(1).outline());
  }

  /**
   * Plans for weights of the model.
   *
   * @param file safetensors with the model's parameters by path; what no step reads may be missing
   * @param batch samples in a batch
   * @param requests what the model shall be able to do
   */
  public PlannedModel plan(Path file, int batch, Function<Outline, List<Request>> requests) {
    SafetensorsFile.open(file).close();
    if (compiled.isPresent() && compiled.get().batch() == batch) {
      Outline outline = compiled.get().outline();
      Optional<ExecutionPlan> plan = compiled.get().plan(requests.apply(outline));
      if (plan.isPresent()) {
        return new PlannedModel(file, about, outline, plan.get(), batch);
      }
    }
    CheckedModel model = about.check(batch);
    Outline outline = model.outline();
    ExecutionPlan plan = Models.plan(model, requests.apply(outline));
    return new PlannedModel(file, about, outline, plan, batch);
  }
}
