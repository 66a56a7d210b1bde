package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.SafetensorsFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * A trained model before it is loaded: what can be found out without its weights, so that a mistake
 * shows before there is work to lose.
 *
 * @param file its weights
 * @param about which model they are of
 * @param model what it takes and gives, for batches of {@code batch}
 * @param plan what it can do
 * @param batch samples in a batch
 * @param weights which of a checkpoint's weights are taken
 * @param image the weights, if the file has them as the plan lays them out
 * @param requests what the plan was made for
 */
public record PlannedModel(
    Path file,
    Checkpoint about,
    Outline model,
    ExecutionPlan plan,
    int batch,
    WeightsOf weights,
    Optional<WeightImage> image,
    Function<Outline, List<Request>> requests) {

  /** The same model with other weights of the checkpoint. */
  public PlannedModel with(WeightsOf other) {
    return new PlannedModel(file, about, model, plan, batch, other, image, requests);
  }

  /**
   * Loads the weights.
   *
   * @param listener is told what the user should know of them
   */
  public LoadedModel load(Device device, WeightsListener listener) {
    return load(device, List.of(), listener);
  }

  /**
   * Loads the weights, and prepares steps meanwhile.
   *
   * @param soon steps that will be run soon: their code is made meanwhile
   */
  public LoadedModel load(Device device, List<String> soon, WeightsListener listener) {
    return load(device, 0, soon, listener);
  }

  /**
   * The same.
   *
   * @param rank whose part of the weights is loaded, where the plan is for several
   */
  public LoadedModel load(Device device, int rank, List<String> soon, WeightsListener listener) {
    if (!soon.isEmpty()) {
      Thread.ofPlatform()
          .daemon()
          .name("lgc-code")
          .uncaughtExceptionHandler((t, e) -> {}) // whoever runs the step meets it again
          .start(() -> soon.forEach(step -> device.prepare(plan, step)));
    }
    if (image.isPresent()) {
      WeightImage weights = image.get();
      CompletableFuture<Void> checked =
          weights.isCheckedAtStart()
              ? CompletableFuture.runAsync(weights::check)
              : CompletableFuture.completedFuture(null);
      Session session = Session.open(plan, weights.bytes(), device);
      try {
        checked.join();
        this.weights.warnIfImmature(file, about, weights.option(), listener);
        return new LoadedModel(file, about, model, plan, session, batch);
      } catch (CompletionException e) {
        session.close();
        throw e.getCause() instanceof RuntimeException cause ? cause : e;
      } catch (RuntimeException | Error e) {
        session.close();
        throw e;
      }
    }
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      Session session = Session.open(plan, device);
      try {
        new Weights(session, plan, rank)
            .load(opened, weights == WeightsOf.AVERAGE)
            .ifPresent(listener::note);
        Checkpoint.in(opened).ifPresent(of -> weights.warnIfImmature(file, of, listener));
        return new LoadedModel(file, about, model, plan, session, batch);
      } catch (RuntimeException | Error e) {
        session.close();
        throw e;
      }
    }
  }
}
