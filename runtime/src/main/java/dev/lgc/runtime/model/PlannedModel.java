package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.SafetensorsFile;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * A trained model before it is loaded: what can be found out without its weights, so that a mistake
 * shows before there is work to lose.
 *
 * @param file its weights
 * @param about which model they are of
 * @param model the model, for batches of {@code batch}
 * @param plan what it can do
 * @param batch samples in a batch
 */
public record PlannedModel(
    Path file, Checkpoint about, CheckedModel model, ExecutionPlan plan, int batch) {

  /**
   * Plans for weights of a known model, from a checkpoint or from elsewhere.
   *
   * @param file safetensors with the model's parameters by path; what no step reads may be missing
   * @param about which model
   * @param requests what the model shall be able to do
   */
  public static PlannedModel of(
      Path file, Checkpoint about, int batch, Function<CheckedModel, List<Request>> requests) {
    SafetensorsFile.open(file).close();
    CheckedModel model = about.check(batch);
    return new PlannedModel(file, about, model, Models.plan(model, requests.apply(model)), batch);
  }

  /** Loads the weights, taking the average of the parameters where there is one. */
  public LoadedModel load(Device device) {
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      Session session = Session.open(plan, device);
      try {
        new Weights(session, plan).load(opened, true);
      } catch (RuntimeException e) {
        session.close();
        throw e;
      }
      return new LoadedModel(file, about, model, plan, session, batch);
    }
  }
}
