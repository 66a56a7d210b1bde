package dev.lgc.runtime.train;

import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.dist.Agreement;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.model.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parts of a run that trains: opened together, and closed together.
 *
 * @param opened closes all of them
 * @param session that computes
 * @param weights of the session
 * @param buffers of the shards
 * @param start what the run begins with
 * @param meters of the losses
 * @param heldOut the losses of samples that are not learned from
 * @param step an optimizer step
 * @param previews pictures of what the model can do, if the run wants any and this rank draws: rank
 *     0, and the others where it needs their parts of the parameters
 * @param steps the run has in all
 */
record TrainParts(
    OpenResources opened,
    Session session,
    Weights weights,
    ShardBuffers buffers,
    StartingPoint start,
    Meters meters,
    HeldOut heldOut,
    TrainStep step,
    Optional<Previews> previews,
    long steps)
    implements AutoCloseable {
  /** The fact of a checkpoint that has the state of the meters. */
  static final String METERS = "meters";

  /**
   * Opens a run: its session, its data, and its newest checkpoint if there is one. Where one of
   * them fails, those that are open already are closed.
   *
   * @throws UserError if data, weights or checkpoint do not fit the model
   */
  static TrainParts open(TrainJob job, Device device, Ranks ranks, TrainListener listener) {
    OpenResources opened = new OpenResources();
    try {
      return open(job, device, ranks, listener, opened);
    } catch (RuntimeException | Error e) {
      opened.closeAfter(e);
      throw e;
    }
  }

  private static TrainParts open(
      TrainJob job, Device device, Ranks ranks, TrainListener listener, OpenResources opened) {
    RunFile run = job.run();
    RunConfig config = run.config();
    // Ranks meet between two phases, and in none: what fails on one rank ends all in order.
    Computing computing =
        SharedFailure.orNone(
            ranks, () -> computing(job, device, ranks, listener, opened), SharedWrites::text);
    Session session = computing.session;
    Weights weights = computing.weights;
    Batch batch = computing.batch;
    List<ObjectiveRunner> objectives = computing.objectives;
    ShardBuffers buffers = computing.buffers;
    StartingPoint start =
        StartingPoint.of(job, ranks, session, weights, buffers, batch, opened, listener);
    TrainData data = start.data();
    Optional<Previews> previews =
        SharedFailure.orNone(
            ranks,
            () -> {
              run.at("weights", () -> weights.loadFrozen(resolved(run))).forEach(listener::note);
              return previews(job, session, weights, data, device, listener).map(opened::add);
            },
            SharedWrites::text);
    if (job.parts().hasBlocks()) {
      String subject = previews.map(Previews::subject).orElse("");
      Agreement.require(ranks, Map.of("pictures to draw", subject));
    }
    long steps = TrainJob.steps(config, data.train().size());
    LearningRate rates = LearningRate.of(config, steps);
    Meters meters = new Meters(objectives, config);
    meters.restore(start.facts().getOrDefault(METERS, ""));
    HeldOut heldOut =
        new HeldOut(
            config, ranks, job.parts(), buffers, session, data, batch, objectives, start.facts());
    TrainStep step =
        new TrainStep(
            config,
            ranks,
            job.parts(),
            session,
            buffers,
            data.train(),
            objectives,
            rates,
            start.averages(),
            meters,
            listener);
    return new TrainParts(
        opened, session, weights, buffers, start, meters, heldOut, step, previews, steps);
  }

  /** The session and its parts, before they have weights and data. */
  private record Computing(
      Session session,
      Weights weights,
      Batch batch,
      List<ObjectiveRunner> objectives,
      ShardBuffers buffers) {}

  private static Computing computing(
      TrainJob job, Device device, Ranks ranks, TrainListener listener, OpenResources opened) {
    RunFile run = job.run();
    List<Entry> entries = job.model().entries(Entry.Kind.OBJECTIVE);
    Batch batch = opened.add(new Batch(Batch.Layout.of(entries)));
    Session session = opened.add(Session.open(job.plan(), device));
    job.warnings().forEach(listener::warn);
    refuseSharedParameters(job, entries);
    run.config().artifact().ifPresent(p -> listener.note(artifact(job, run.resolve(p))));
    List<ObjectiveRunner> objectives = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      objectives.add(new ObjectiveRunner(session, job.plan(), entries.get(i), i, batch));
    }
    return new Computing(
        session,
        new Weights(session, job.plan(), ranks.rank()),
        batch,
        objectives,
        opened.add(new ShardBuffers(session, job.model(), job.parts())));
  }

  /** The pictures of a run, on the ranks that have a part in them. */
  private static Optional<Previews> previews(
      TrainJob job,
      Session session,
      Weights weights,
      TrainData data,
      Device device,
      TrainListener listener) {
    boolean none = job.run().config().samples().every() == 0;
    return none || job.parts().rank() > 0 && !job.parts().hasBlocks()
        ? Optional.empty()
        : Optional.of(
            job.run()
                .at(
                    "samples.tokenizer",
                    () -> Previews.open(job, session, weights, data, device, listener)));
  }

  private static String artifact(TrainJob job, Path file) {
    return Text.format(
        "artifact: %s of %s, %s",
        job.model().name(),
        file,
        job.compiled()
            ? "with the plan in it"
            : "planned again for the batch and the settings of the run");
  }

  private static Map<String, Path> resolved(RunFile run) {
    Map<String, Path> all = new LinkedHashMap<>();
    run.config().weights().forEach((k, v) -> all.put(k, run.resolve(v)));
    return all;
  }

  /** Gradients are kept per parameter: of a batch in parts, objectives must not share any. */
  private static void refuseSharedParameters(TrainJob job, List<Entry> entries) {
    String key = job.parts().micros() > 1 ? "micro_batches" : "shards";
    Set<String> seen = new HashSet<>();
    for (Entry e : entries) {
      for (String p : e.over()) {
        if (!seen.add(p) && job.parts().isSplit()) {
          throw UserError.setting(
              job.run().place(key),
              "`" + key + "`: " + e.where() + ": " + p + " is trained by two objectives",
              "",
              key + ": 1 for such a model",
              "or let `over` of the objectives be disjoint");
        }
      }
    }
  }

  TrainData data() {
    return start.data();
  }

  AverageDecay averages() {
    return start.averages();
  }

  @Override
  public void close() {
    opened.close();
  }
}
