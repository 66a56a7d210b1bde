package dev.lgc.runtime.train;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.DamagedFileException;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.Keys;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Trains any model that has objectives; goes on where its folder's newest checkpoint stopped. */
public final class Trainer implements AutoCloseable {
  private final TrainJob job;
  private final RunConfig config;
  private final TrainListener listener;
  private final Session session;
  private final Weights weights;
  private final CheckpointFolder folder;
  private final Batch batch = new Batch();
  private final List<ObjectiveRunner> objectives = new ArrayList<>();
  private final TrainData data;
  private final Meters meters;
  private final Optional<Previews> previews;
  private final LearningRate rates;
  private AverageDecay averages;
  private final long steps;
  private long done;

  /** Samples drawn by the steps that are done; the feed is ahead of it within a step. */
  private long position;

  /** The step that was saved last; -1 for none. */
  private long savedStep = -1;

  /** Whether weights and buffers are what the steps that are done have made of them. */
  private boolean consistent = true;

  /**
   * Opens a run: its data, its session, and its newest checkpoint if there is one.
   *
   * @throws BadInputException if data, weights or checkpoint do not fit the model
   */
  public Trainer(TrainJob job, Device device, TrainListener listener) {
    this.job = job;
    this.config = job.run().config();
    this.listener = listener;
    this.folder = new CheckpointFolder(job.run().resolve(config.checkpoint().dir()));
    CheckedModel model = job.model();
    ExecutionPlan plan = job.plan();
    this.session = Session.open(plan, device);
    this.weights = new Weights(session, plan);
    List<Entry> entries = model.entries(Entry.Kind.OBJECTIVE);
    for (Entry e : entries) {
      for (Definition.Input in : e.inputs()) {
        if (!batch.exports(in.name())) {
          batch.add(in);
        }
      }
      for (String x : e.exports()) {
        batch.addExport(x, e.values().get(e.outputs().get(x)).type());
      }
    }
    refuseSharedParameters(entries);
    for (int i = 0; i < entries.size(); i++) {
      objectives.add(new ObjectiveRunner(session, plan, entries.get(i), i, batch));
    }
    this.data = resumed();
    weights.loadFrozen(resolved(config.weights())).forEach(listener::note);
    this.steps = config.steps().orElseGet(() -> stepsOf(config.epochs().orElseThrow()));
    this.rates = LearningRate.of(config, steps);
    this.meters = new Meters(objectives, config);
    this.previews =
        config.samples().every() > 0
            ? Optional.of(Previews.open(job, session, weights, data, device))
            : Optional.empty();
  }

  /**
   * Reads the newest sound checkpoint, or begins if there is none; returns the data from there on.
   */
  private TrainData resumed() {
    Set<Path> unsound = new HashSet<>();
    while (true) {
      Optional<Path> newest = folder.latest(listener::warn, unsound);
      Optional<Checkpoint> saved = newest.map(Checkpoint::read);
      TrainData opened =
          TrainData.open(
              job,
              batch,
              saved.map(Checkpoint::position).orElse(0L),
              saved.map(Checkpoint::facts).orElse(Map.of()),
              listener);
      done = saved.map(Checkpoint::step).orElse(0L);
      if (saved.isEmpty()) {
        initialise();
        averages = AverageDecay.of(config, 0);
        return opened;
      }
      Resume.check(newest.get(), saved.get(), job, opened, listener);
      try (SafetensorsFile file = SafetensorsFile.open(newest.get())) {
        averages = averages(weights.resume(file), saved.get().facts());
        return opened;
      } catch (DamagedFileException e) {
        listener.warn(e.what() + "; the one before it is used");
        unsound.add(newest.get());
        opened.close();
      }
    }
  }

  private long stepsOf(double epochs) {
    return Math.max(1, (long) Math.ceil(epochs * data.train().size() / config.batch()));
  }

  private Map<String, Path> resolved(Map<String, Path> files) {
    Map<String, Path> all = new LinkedHashMap<>();
    files.forEach((k, v) -> all.put(k, job.run().resolve(v)));
    return all;
  }

  /** Gradients are kept per parameter: with micro-batches, objectives must not share any. */
  private void refuseSharedParameters(List<Entry> entries) {
    Set<String> seen = new HashSet<>();
    for (Entry e : entries) {
      for (String p : e.over()) {
        if (!seen.add(p) && config.microBatches() > 1) {
          throw new BadInputException(
              e.where() + ": " + p + " is trained by two objectives",
              "micro_batches: 1 for such a model",
              "or let `over` of the objectives be disjoint");
        }
      }
    }
  }

  /** Averages that a checkpoint has not begin at the parameters. */
  private AverageDecay averages(boolean saved, Map<String, String> facts) {
    if (saved || config.ema() == 0) {
      return AverageDecay.resumed(config, facts);
    }
    listener.note("averages begin at step " + done + ", from the parameters there");
    return AverageDecay.of(config, done);
  }

  private void initialise() {
    Keys.write(session.input("init", "key"), config.seed(), 0, 0);
    session.run("init");
    config
        .startFrom()
        .map(p -> CheckpointFolder.resolve(job.run().resolve(p), listener::warn))
        .ifPresent(
            p -> {
              try (SafetensorsFile opened = SafetensorsFile.open(p)) {
                weights.load(opened, false).ifPresent(listener::note);
              }
            });
    weights.startAverages();
  }

  /** Steps done so far. */
  public long done() {
    return done;
  }

  /** Steps the run has in all. */
  public long steps() {
    return steps;
  }

  /** The session, for looking at what was trained. */
  public Weights weights() {
    return weights;
  }

  /**
   * Trains to the end, or until {@code stop} says so; saves in both cases.
   *
   * @return whether the run is complete
   */
  public boolean run(BooleanSupplier stop) throws IOException {
    listener.begins(done, steps);
    position = data.train().position();
    savedStep = done;
    try {
      loop(stop);
    } catch (IOException | RuntimeException | Error e) {
      saveBeforeEnding(e);
      throw e;
    }
    return done >= steps;
  }

  private void loop(BooleanSupplier stop) throws IOException {
    while (done < steps && !stop.getAsBoolean()) {
      step();
      listener.step(done);
      data.tellBad(job.run());
      if (done % config.log().every() == 0 || done == steps) {
        listener.metrics(done, meters.read());
      }
      if (data.hasHeldOut() && (done % config.log().heldOutEvery() == 0 || done == steps)) {
        listener.heldOut(done, heldOut());
      }
      if (done % config.checkpoint().every() == 0 || done == steps) {
        save();
      }
      boolean wanted = previews.isPresent() && !stop.getAsBoolean();
      if (wanted && (done % config.samples().every() == 0 || done == steps)) {
        listener.drawn(done, previews.get().draw(done));
      }
    }
    if (savedStep != done) {
      save();
    }
  }

  /** Whatever ends a run, the steps that are done are not lost, unless they are what went wrong. */
  private void saveBeforeEnding(Throwable why) {
    if (!consistent || savedStep == done) {
      return;
    }
    try {
      save();
      listener.warn("the run ends after step " + done + ", which is saved");
    } catch (IOException | RuntimeException | Error e) {
      why.addSuppressed(e);
    }
  }

  /** One optimizer step of every objective. */
  private void step() {
    int micros = config.microBatches();
    double rate = rates.at(done);
    for (int m = 0; m < micros; m++) {
      fetch(m);
      for (ObjectiveRunner o : objectives) {
        StepIo io = o.gradients(config.seed(), done, m);
        if (!Float.isFinite(io.scalar(0))) {
          throw NonFinite.loss(session, io, o.entry(), done);
        }
        meters.add(o, io);
        if (micros == 1) {
          update(o, rate, micros);
        }
      }
    }
    if (micros > 1) {
      objectives.forEach(o -> update(o, rate, micros));
    }
    done++;
    position = data.train().position();
    consistent = true;
    meters.stepDone(rate);
  }

  /**
   * Waits for the data of a micro-batch. Where that fails, the parameters are those of the steps
   * that are done. Buffers are too, unless an earlier part of the batch has changed them already.
   */
  private void fetch(int micro) {
    consistent = true;
    try {
      data.train().next();
    } catch (RuntimeException e) {
      if (micro > 0 && job.plan().storage().stream().anyMatch(Trainer::isBuffer)) {
        listener.warn(
            "the data fail within a step: what buffers have gathered in it is counted once more"
                + " when the run goes on");
      }
      throw e;
    }
    consistent = false;
  }

  private static boolean isBuffer(StoredTensor t) {
    return t.role() == StoredTensor.Role.BUFFER;
  }

  private void update(ObjectiveRunner o, double rate, int micros) {
    List<Double> betas = config.optimizer().betas();
    float norm = o.update(rate, betas.get(0), betas.get(1), averages.at(done), done, micros);
    if (!Float.isFinite(norm)) {
      throw NonFinite.gradient(session, o.entry(), done);
    }
    meters.norm(o, norm);
  }

  private Map<String, Double> heldOut() {
    Map<String, Double> sums = new LinkedHashMap<>();
    int batches = config.log().heldOutBatches();
    try (Feed feed = data.heldOut(batch)) {
      for (int i = 0; i < batches; i++) {
        feed.next();
        for (ObjectiveRunner o : objectives) {
          sums.merge(
              o.entry().name(), o.loss(config.seed(), done, i) / (double) batches, Double::sum);
        }
      }
    }
    return sums;
  }

  private void save() throws IOException {
    Map<String, String> facts = new HashMap<>(data.facts());
    facts.putAll(averages.facts());
    Checkpoint about =
        new Checkpoint(
            job.choice(),
            job.sources(),
            job.fingerprint(),
            done,
            position,
            config.seed(),
            Resume.settings(job),
            facts);
    Path file = folder.file(done);
    consistent = false; // if saving fails, it is not tried again
    weights.save(file, about);
    folder.publish(file, config.checkpoint().keep());
    consistent = true;
    savedStep = done;
    listener.saved(done, file);
  }

  /** The pictures of the run that cannot be read. */
  public BadPictures badPictures() {
    return data.bad();
  }

  /** What the run's folders of pictures hold, for scripts. */
  public Map<String, Object> folders() {
    return data.folders();
  }

  /** The run file. */
  public RunFile runFile() {
    return job.run();
  }

  @Override
  public void close() {
    previews.ifPresent(Previews::close);
    data.close();
    session.close();
    batch.close();
  }
}
