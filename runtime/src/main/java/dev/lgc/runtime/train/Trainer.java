package dev.lgc.runtime.train;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.DamagedFileException;
import dev.lgc.runtime.io.IoReason;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.UnwritableException;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.Keys;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
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
  private static final String METERS = "meters";

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
  private final HeldOut heldOut;
  private final Optional<Previews> previews;
  private final LearningRate rates;
  private AverageDecay averages;
  private final long steps;
  private final TrainStep step;
  private long done;

  /** What the checkpoint that the run goes on from says. */
  private Map<String, String> savedFacts = Map.of();

  /** Checkpoints that were found to be damaged. */
  private final Set<Path> unsound = new HashSet<>();

  /** The checkpoint to go on from; null if there is none. */
  private Path saved;

  /** Samples drawn by the steps that are done; the feed is ahead of it within a step. */
  private long position;

  /** The step that was saved last; -1 for none. */
  private long savedStep = -1;

  private boolean savingFailed;

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
    job.warnings().forEach(listener::warn);
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
    config
        .artifact()
        .ifPresent(
            p ->
                listener.note(
                    Text.format(
                        "artifact: %s of %s, %s",
                        model.name(),
                        job.run().resolve(p),
                        job.compiled()
                            ? "with the plan in it"
                            : "planned again for the batch and the settings of the run")));
    for (int i = 0; i < entries.size(); i++) {
      objectives.add(new ObjectiveRunner(session, plan, entries.get(i), i, batch));
    }
    this.data = resumed();
    job.run()
        .at("weights", () -> weights.loadFrozen(resolved(config.weights())))
        .forEach(listener::note);
    this.steps = TrainJob.steps(config, data.train().size());
    this.rates = LearningRate.of(config, steps);
    this.meters = new Meters(objectives, config);
    meters.restore(savedFacts.getOrDefault(METERS, ""));
    this.heldOut = new HeldOut(config, session, data, batch, objectives, savedFacts);
    this.step =
        new TrainStep(
            config, session, plan, data.train(), objectives, rates, averages, meters, listener);
    this.previews =
        config.samples().every() > 0
            ? Optional.of(
                job.run()
                    .at(
                        "samples.tokenizer",
                        () -> Previews.open(job, session, weights, data, device)))
            : Optional.empty();
  }

  /**
   * Reads the newest sound checkpoint, or begins if there is none; returns the data from there on.
   */
  private TrainData resumed() {
    while (true) {
      Optional<Path> newest = folder.latest(listener::warn, unsound);
      Optional<Checkpoint> saved = newest.map(Checkpoint::read);
      TrainData opened =
          TrainData.open(
              job,
              batch,
              saved.map(Checkpoint::position).orElse(0L),
              saved.map(Checkpoint::facts).orElse(Map.of()),
              unsound.isEmpty(), // pictures are read beforehand once, however many checkpoints are
              listener);
      done = saved.map(Checkpoint::step).orElse(0L);
      if (saved.isEmpty()) {
        initialise(opened);
        averages = AverageDecay.of(config, 0);
        return opened;
      }
      Resume.check(newest.get(), saved.get(), job, opened, listener);
      try (SafetensorsFile file = SafetensorsFile.open(newest.get())) {
        averages = averages(weights.resume(file), saved.get().facts());
        this.saved = newest.get();
        this.savedFacts = saved.get().facts();
        return opened;
      } catch (DamagedFileException e) {
        listener.warn(e.what() + "; it is passed over");
        unsound.add(newest.get());
        opened.close();
      }
    }
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

  private void initialise(TrainData data) {
    Keys.write(session.input("init", "key"), config.seed(), 0, 0);
    session.run("init");
    config
        .startFrom()
        .map(s -> CheckpointFolder.resolve(job.run().resolve(s.path()), listener::warn))
        .ifPresent(p -> StartingWeights.load(job, p, data, weights, listener));
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
    return run(stop, () -> false);
  }

  /**
   * The same.
   *
   * @param stop ends training between two steps
   * @param stopNow ends it after the kernel that runs, where the device can: a step is given up
   *     until its first update, and so are held-out losses and pictures. What is saved is what
   *     training had come to after the last step that was done.
   */
  public boolean run(BooleanSupplier stop, BooleanSupplier stopNow) throws IOException {
    listener.begins(done, steps);
    position = data.train().position();
    savedStep = done;
    try {
      loop(stop, stopNow);
    } catch (IOException | RuntimeException | Error e) {
      saveBeforeEnding(e);
      throw e;
    }
    return done >= steps;
  }

  /** What the step before the checkpoint still had to give when the run was stopped. */
  private void catchUp(BooleanSupplier stop, BooleanSupplier stopNow) throws IOException {
    if (heldOut.isDue() && !stop.getAsBoolean()) {
      heldOut.measure(done, stopNow).ifPresent(l -> listener.heldOut(done, l));
      if (!heldOut.isDue()) {
        save(); // so that the row is not written again
      }
    }
    if (done > 0 && previewIsDue() && previews.get().lacks(done) && !stop.getAsBoolean()) {
      preview(stopNow);
    }
  }

  private boolean previewIsDue() {
    return previews.isPresent() && (done % config.samples().every() == 0 || done == steps);
  }

  private void loop(BooleanSupplier stop, BooleanSupplier stopNow) throws IOException {
    catchUp(stop, stopNow);
    while (done < steps && !stop.getAsBoolean() && !stopNow.getAsBoolean()) {
      if (!step.run(done, stopNow)) {
        break;
      }
      done++;
      position = data.train().position();
      listener.step(done);
      heldOut.stepDone(done, done == steps);
      if (done % config.log().every() == 0 || done == steps) {
        listener.metrics(done, meters.read());
      }
      if (heldOut.isDue()) {
        heldOut.measure(done, stopNow).ifPresent(l -> listener.heldOut(done, l));
      }
      data.tellBad();
      if (done % config.checkpoint().every() == 0 || done == steps) {
        save();
      }
      if (previewIsDue() && !stop.getAsBoolean()) {
        preview(stopNow);
      }
    }
    if (savedStep != done) {
      save();
    }
    data.bad().tell(); // those of the last held-out pictures
  }

  /** Whatever ends a run, the steps that are done are not lost, unless they are what went wrong. */
  private void saveBeforeEnding(Throwable why) {
    if (savingFailed || !step.isConsistent() || savedStep == done) {
      return;
    }
    try {
      save();
      listener.warn("the run ends after step " + done + ", which is saved");
    } catch (IOException | RuntimeException | Error e) {
      why.addSuppressed(e);
    }
  }

  /** A picture is not worth a run: one that cannot be written is left out. */
  private void preview(BooleanSupplier stop) {
    try {
      session
          .unlessStopped(stop, () -> previews.get().draw(done, stop))
          .ifPresent(file -> listener.drawn(done, file));
    } catch (UncheckedIOException e) {
      listener.warn("no picture of step " + done + ": " + IoReason.of(e.getCause()));
    } catch (BadInputException e) {
      listener.warn("no picture of step " + done + ": " + e.getMessage());
    }
  }

  private void save() throws IOException {
    Map<String, String> facts = new HashMap<>(data.facts());
    facts.putAll(averages.facts());
    facts.put(METERS, meters.state());
    facts.putAll(heldOut.facts());
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
    savingFailed = true; // it is not tried again
    try {
      weights.save(file, about);
      unsound.remove(file);
      folder.publish(file, config.checkpoint().keep(), unsound);
    } catch (UnwritableException e) {
      String safe =
          saved == null
              ? "no checkpoint was written yet: " + e.remedy()
              : saved.getFileName() + " is sound: " + e.remedy() + " to go on from it";
      throw e.with(safe);
    }
    saved = file;
    savingFailed = false;
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
    step.close();
    session.close();
    batch.close();
  }
}
