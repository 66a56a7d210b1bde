package dev.lgc.runtime.train;

import dev.lgc.compiler.plan.StepId;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.dist.Agreement;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.DamagedFileException;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.RandomKeys;
import dev.lgc.runtime.model.Weights;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The point that a run begins at: its newest sound checkpoint, or weights that are initialised.
 *
 * @param data of the run, from there on
 * @param averages of the parameters
 * @param done steps that are done
 * @param saved the checkpoint; empty if there is none
 * @param facts what it says
 * @param unsound checkpoints that were found to be damaged
 */
record StartingPoint(
    TrainData data,
    AverageDecay averages,
    long done,
    Optional<Path> saved,
    Map<String, String> facts,
    Set<Path> unsound) {

  /**
   * Opens the data and fills the session's storage.
   *
   * @param ranks that all begin at the same point: a checkpoint is damaged if one finds that it is
   * @param opened closes the data
   * @throws UserError if data, weights or checkpoint do not fit the model
   */
  static StartingPoint of(
      TrainJob job,
      Ranks ranks,
      Session session,
      Weights weights,
      ShardBuffers buffers,
      Batch batch,
      OpenResources opened,
      TrainListener listener) {
    RunConfig config = job.run().config();
    CheckpointFolder folder = new CheckpointFolder(job.run().resolve(config.checkpoint().dir()));
    Set<Path> unsound = new HashSet<>();
    while (true) {
      Begun begun =
          SharedFailure.orNone(
              ranks, () -> begin(job, folder, unsound, batch, listener), SharedWrites::text);
      OpenResources ofThis = new OpenResources();
      ofThis.add(begun.data);
      try {
        Agreement.require(ranks, Map.of("checkpoint to go on from", begun.name()));
        Loaded loaded =
            SharedFailure.orNone(
                ranks,
                () -> load(job, begun, session, weights, buffers, unsound, listener),
                SharedWrites::text);
        Optional<String> damage =
            Exchange.texts(ranks, loaded.damage).stream().filter(t -> !t.isEmpty()).findFirst();
        if (damage.isEmpty()) {
          opened.add(begun.data);
          return loaded.start.orElseThrow();
        }
        listener.warn(damage.get() + "; it is skipped");
        unsound.add(begun.newest.orElseThrow());
        ofThis.close();
      } catch (RuntimeException | Error e) {
        ofThis.closeAfter(e);
        throw e;
      }
    }
  }

  /**
   * The data of a run at a checkpoint, which is not loaded yet.
   *
   * @param newest the checkpoint; empty for the beginning
   */
  private record Begun(Optional<Path> newest, Optional<Checkpoint> saved, TrainData data)
      implements AutoCloseable {
    String name() {
      return newest.map(f -> f.getFileName().toString()).orElse("none");
    }

    @Override
    public void close() {
      data.close();
    }
  }

  private static Begun begin(
      TrainJob job,
      CheckpointFolder folder,
      Set<Path> unsound,
      Batch batch,
      TrainListener listener) {
    Optional<Path> newest =
        job.run().at("checkpoint.dir", () -> folder.latest(listener::warn, unsound));
    Optional<Checkpoint> saved = newest.map(Checkpoint::read);
    boolean scan = unsound.isEmpty(); // pictures are read beforehand once only
    return new Begun(newest, saved, data(job, batch, saved, scan, listener));
  }

  /**
   * The outcome of loading.
   *
   * @param damage of the checkpoint, which may be in another rank's part of it; else empty
   */
  private record Loaded(Optional<StartingPoint> start, String damage) {}

  private static Loaded load(
      TrainJob job,
      Begun begun,
      Session session,
      Weights weights,
      ShardBuffers buffers,
      Set<Path> unsound,
      TrainListener listener) {
    if (begun.newest.isEmpty()) {
      StartingPoint start = initialised(job, session, weights, begun.data, unsound, listener);
      buffers.start();
      return new Loaded(Optional.of(start), "");
    }
    try {
      StartingPoint start =
          resumed(
              job,
              begun.newest.get(),
              begun.saved.orElseThrow(),
              weights,
              buffers,
              begun.data,
              unsound,
              listener);
      return new Loaded(Optional.of(start), "");
    } catch (DamagedFileException e) {
      return new Loaded(Optional.empty(), e.what());
    }
  }

  private static TrainData data(
      TrainJob job, Batch batch, Optional<Checkpoint> saved, boolean scan, TrainListener listener) {
    RunConfig c = job.run().config();
    long position = saved.map(Checkpoint::position).orElse(0L);
    if (c.data().isPresent()) {
      return new TrainPictures(job.run(), job.parts(), c.data().get(), job.model(), batch, listener)
          .open(position, scan);
    }
    Map<String, String> earlier = saved.map(Checkpoint::facts).orElse(Map.of());
    return new TrainCodes(
            job.run(), job.parts(), c.codes().orElseThrow(), job.model(), batch, listener::warn)
        .open(position, earlier);
  }

  /** Gives initial values. The step has no key where every parameter begins at a constant. */
  private static void initialise(Session session, long seed) {
    if (session.plan().step(StepId.INITIALISE.name()).inputs().containsKey("key")) {
      RandomKeys.write(session.input(StepId.INITIALISE.name(), "key"), seed, 0, 0);
    }
    session.run(StepId.INITIALISE.name());
  }

  private static StartingPoint initialised(
      TrainJob job,
      Session session,
      Weights weights,
      TrainData data,
      Set<Path> unsound,
      TrainListener listener) {
    RunConfig config = job.run().config();
    initialise(session, config.seed());
    if (config.startFrom().isPresent()) {
      job.run()
          .at("start_from", () -> StartingWeights.load(job, data, weights, listener::warn))
          .forEach(listener::note);
    }
    weights.averages().start();
    return new StartingPoint(
        data, AverageDecay.of(config, 0), 0, Optional.empty(), Map.of(), unsound);
  }

  private static StartingPoint resumed(
      TrainJob job,
      Path file,
      Checkpoint saved,
      Weights weights,
      ShardBuffers buffers,
      TrainData data,
      Set<Path> unsound,
      TrainListener listener) {
    Resume.check(file, saved, job, data).forEach(listener::warn);
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      boolean averaged = weights.resume(opened); // a damaged tensor is told from other mistakes
      buffers.resume(opened, weights);
      AverageDecay averages = averages(job.run().config(), averaged, saved, listener);
      return new StartingPoint(
          data, averages, saved.step(), Optional.of(file), saved.facts(), unsound);
    }
  }

  /** Averages that a checkpoint has not begin at the parameters. */
  private static AverageDecay averages(
      RunConfig config, boolean averaged, Checkpoint saved, TrainListener listener) {
    if (averaged || config.ema() == 0) {
      return AverageDecay.resumed(config, saved.facts());
    }
    listener.note("averages begin at step " + saved.step() + ", from the parameters there");
    return AverageDecay.of(config, saved.step());
  }
}
