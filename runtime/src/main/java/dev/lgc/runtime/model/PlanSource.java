package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The source of a known model's plans: the compiled model, if it has the plan that is asked for;
 * otherwise the model's sources, which are checked and planned.
 *
 * @param about which model
 * @param compiled the same, compiled for some batch and purposes
 * @param wanted which weights to take
 */
public record PlanSource(Checkpoint about, Optional<Artifact> compiled, WeightsChoice wanted) {

  /** A model of which there are the sources alone. */
  public static PlanSource of(Checkpoint about) {
    return new PlanSource(about, Optional.empty(), WeightsChoice.best());
  }

  /** A compiled model. */
  public static PlanSource of(Artifact compiled) {
    return new PlanSource(compiled.about(), Optional.of(compiled), WeightsChoice.best());
  }

  /**
   * Loads a checkpoint, taking the average of the parameters where there is one.
   *
   * @param path a checkpoint or a run's folder
   * @param requests what the model shall be able to do
   * @param listener is told what the user should know of the weights
   */
  public static LoadedModel load(
      Path path,
      int batch,
      Function<Outline, List<Request>> requests,
      Device device,
      WeightsListener listener) {
    Path file = CheckpointFolder.resolve(path, listener::warn);
    return of(Checkpoint.read(file))
        .plan(Optional.of(file), batch, requests)
        .load(device, listener);
  }

  /** The same with other weights of a checkpoint taken. */
  public PlanSource with(WeightsChoice weights) {
    return new PlanSource(about, compiled, weights);
  }

  /** The same with weights that a checkpoint says something about. */
  public PlanSource trainedAs(Checkpoint weights) {
    return new PlanSource(about.trainedAs(weights), compiled, wanted);
  }

  /**
   * The signatures of the model's entries, for some batch: their names, kinds and all facts do not
   * depend on it.
   */
  public Outline outline() {
    return compiled.map(Artifact::outline).orElseGet(() -> Outline.of(about.check(1)));
  }

  /** The type in which matrices are stored, unless another is asked for. */
  public WeightType weightType() {
    return compiled.map(Artifact::weightType).orElse(WeightType.F32);
  }

  /**
   * Plans for weights of the model.
   *
   * @param file safetensors with the model's parameters by path; what no step reads may be missing;
   *     empty for the weights that are with what was compiled
   * @param batch samples in a batch
   * @param requests what the model shall be able to do
   * @throws BadInputException if there are no weights, or they are not stored as the plan wants
   *     them
   */
  public PlannedModel plan(
      Optional<Path> file, int batch, Function<Outline, List<Request>> requests) {
    Optional<WeightImage> own = compiled.flatMap(Artifact::weights);
    if (file.isEmpty() && own.isEmpty()) {
      throw new BadInputException(
          about.model() + " without weights",
          "--weights W.safetensors",
          "or compile the weights into it: `lgc compile … --weights W.safetensors`");
    }
    if (compiled.isPresent() && compiled.get().batch() == batch) {
      Outline outline = compiled.get().outline();
      Optional<ExecutionPlan> plan = compiled.get().plan(requests.apply(outline));
      if (plan.isPresent()) {
        return planned(file, own, outline, plan.get(), batch, requests);
      }
    }
    CheckedModel model = about.check(batch);
    Outline outline = Outline.of(model);
    ExecutionPlan plan = Models.plan(model, requests.apply(outline));
    return planned(file, own, outline, plan, batch, requests);
  }

  private PlannedModel planned(
      Optional<Path> file,
      Optional<WeightImage> own,
      Outline outline,
      ExecutionPlan plan,
      int batch,
      Function<Outline, List<Request>> requests) {
    if (file.isPresent()) {
      WeightsOf weights = wanted.choose(file.get());
      return new PlannedModel(
          file.get(), about, outline, plan, batch, weights, Optional.empty(), requests);
    }
    Path path = own.orElseThrow().bytes().path();
    if (!own.get().fits(plan)) {
      throw BadInputException.in(
          path,
          "weights stored in another type or layout than requested",
          "--weights-type " + weightType().keyword() + ", on a device of the compiled --target",
          "or the weights themselves, with --weights");
    }
    WeightsOf weights = wanted.packed(path, about, own.get().option());
    return new PlannedModel(path, about, outline, plan, batch, weights, own, requests);
  }
}
