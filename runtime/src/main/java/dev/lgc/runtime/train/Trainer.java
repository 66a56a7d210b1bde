package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RankSettings;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.dist.Agreement;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.IoReason;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Trains any model that has objectives; goes on where its folder's newest checkpoint stopped. */
public final class Trainer implements AutoCloseable {
  private final RunFile run;
  private final RunConfig config;
  private final TrainListener listener;
  private final Ranks ranks;
  private final TrainParts parts;
  private final Saver saver;
  private final Device device;
  private long done;

  /** Samples drawn by the steps that are done; the loader is ahead of it within a step. */
  private long position;

  /**
   * Opens a run: its data, its session, and its newest checkpoint if there is one. Where that
   * fails, nothing stays open.
   *
   * @throws UserError if data, weights or checkpoint do not fit the model
   */
  public Trainer(TrainJob job, Device device, TrainListener listener) {
    this(job, device, new OneRank(), listener);
  }

  /**
   * The same as one of several ranks. Each opens its own, from the same files; rank 0 alone writes.
   *
   * @param job of this rank
   * @param device which computes for it
   */
  public Trainer(TrainJob job, Device device, Ranks ranks, TrainListener listener) {
    this.run = job.run();
    this.config = run.config();
    this.ranks = ranks;
    this.listener = listener;
    this.device = device;
    if (config.reduction() == RankSettings.Reduction.LIBRARY) {
      ranks.addByLibrary();
    }
    this.parts = TrainParts.open(job, device, ranks, listener);
    this.saver = new Saver(job, parts.weights(), parts.buffers(), ranks, parts.start(), listener);
    this.done = parts.start().done();
  }

  /**
   * Requires that all ranks have read the same settings; each asks.
   *
   * @param version of lgc
   * @throws SharedFailure on all ranks if they have not
   */
  public static void requireSameSettings(Ranks ranks, RunFile run, String version) {
    if (ranks.size() > 1) {
      Map<String, String> all = new LinkedHashMap<>();
      all.put("version of lgc", version);
      all.putAll(SameRun.settings(run));
      Agreement.require(ranks, all);
    }
  }

  /**
   * Requires that all ranks have planned the same work, before they do the first of it together.
   *
   * @throws SharedFailure on all ranks if they have not
   */
  public static void requireSamePlan(Ranks ranks, TrainJob job) {
    if (ranks.size() > 1) {
      Agreement.require(ranks, SameRun.plan(job));
    }
  }

  /**
   * Requires that all ranks, whose settings and plan are the same, have the same device, data and
   * weights, and are about to do the same step; each asks.
   *
   * @throws dev.lgc.runtime.dist.SharedFailure on all ranks if they are not
   */
  public void requireSameRun(TrainJob job) {
    if (ranks.size() > 1) {
      Map<String, String> more = new LinkedHashMap<>();
      more.put("device", device.kind());
      more.put("step to go on from", String.valueOf(done));
      SameRun.require(ranks, SameRun.of(job, parts, more));
    }
  }

  /** Steps done so far. */
  public long done() {
    return done;
  }

  /** Steps the run has in all. */
  public long steps() {
    return parts.steps();
  }

  /** The time that steps have taken so far. */
  public StepClock clock() {
    return parts.step().clock();
  }

  /** The session, for looking at what was trained. */
  public Weights weights() {
    return parts.weights();
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
   * @param stop ends training between two steps; of several ranks, if it does on one
   * @param stopNow ends it after the kernel that runs, where the device can and there is one rank:
   *     a step is given up until its first update, and so are held-out losses and pictures. What is
   *     saved is what training had come to after the last step that was done.
   */
  public boolean run(BooleanSupplier stop, BooleanSupplier stopNow) throws IOException {
    listener.begins(done, steps());
    position = parts.data().train().position();
    try {
      loop(stop, stopNow);
    } catch (IOException | RuntimeException | Error e) {
      // Others would have to save, too, which know of it only if all end for one reason.
      if (ranks.size() == 1 || e instanceof SharedFailure) {
        saveBeforeEnding(e);
      }
      throw e;
    }
    return done >= steps();
  }

  /**
   * Does what the step before the checkpoint still had to do when the run was stopped: held-out
   * losses and pictures.
   */
  private void catchUp(BooleanSupplier stop, BooleanSupplier stopNow) throws IOException {
    if (parts.heldOut().isDue() && !onAny(stop)) {
      measure(stopNow);
      if (!parts.heldOut().isDue()) {
        save(); // so that the row is not written again
      }
    }
    if (done > 0
        && previewIsDue()
        && Exchange.ofFirst(ranks, ranks.rank() == 0 && parts.previews().get().lacks(done))) {
      preview(stop, stopNow);
    }
  }

  private boolean onAny(BooleanSupplier stop) {
    return Exchange.any(ranks, stop.getAsBoolean());
  }

  private boolean previewIsDue() {
    long every = config.samples().every();
    return every > 0 && (done % every == 0 || done == steps());
  }

  private void loop(BooleanSupplier stop, BooleanSupplier stopNow) throws IOException {
    catchUp(stop, stopNow);
    while (done < steps() && !saver.poll(stop.getAsBoolean() || stopNow.getAsBoolean())) {
      ranks.progress(done, "train");
      if (!parts.step().run(done, stopNow)) {
        break;
      }
      done++;
      position = parts.data().train().position();
      listener.step(done);
      parts.heldOut().stepDone(done, done == steps());
      if (done % config.log().every() == 0 || done == steps()) {
        listener.metrics(done, parts.meters().read());
      }
      if (parts.heldOut().isDue()) {
        measure(stopNow);
      }
      parts.data().tellBad();
      if (done == steps()) {
        save(); // nothing goes on beside it, so that a copy would be for nothing
      } else if (saver.isDue(done, steps())) {
        long began = System.nanoTime();
        saver.begin(done, position, facts());
        clock().held(System.nanoTime() - began);
      }
      if (previewIsDue()) {
        preview(stop, stopNow);
      }
    }
    if (saver.lacks(done)) {
      save();
    } else {
      saver.finish();
    }
    if (done == steps() && parts.heldOut().isDue()) {
      listener.note("the last held-out loss was not measured; the same command measures it");
    }
    parts.data().tellBad(); // of the last held-out pictures
  }

  private void measure(BooleanSupplier stop) {
    ranks.progress(done, "measure the held-out loss");
    parts.heldOut().measure(done, stop).ifPresent(losses -> listener.heldOut(done, losses));
  }

  /** Whatever ends a run, the steps that are done are not lost, unless they are what went wrong. */
  private void saveBeforeEnding(Throwable why) {
    if (saver.hasFailed()) {
      return;
    }
    try {
      if (ranks.size() == 1 && parts.step().isConsistent() && saver.lacks(done)) {
        save();
        listener.warn("the run ends after step " + done + ", which is saved");
      } else {
        saver.finish(); // what was copied before is sound
      }
    } catch (IOException | RuntimeException | Error e) {
      why.addSuppressed(e);
    }
  }

  /**
   * Draws a picture, unless the run is to end: on the ranks that have a part in it.
   *
   * <p>A picture is not worth a run: one that cannot be written is left out.
   */
  private void preview(BooleanSupplier stop, BooleanSupplier stopNow) {
    if (onAny(stop) || parts.previews().isEmpty()) {
      return;
    }
    ranks.progress(done, "draw a picture");
    Previews previews = parts.previews().get();
    try {
      parts
          .session()
          .unlessStopped(previews.unlessShared(stopNow), () -> previews.draw(done, stopNow))
          .ifPresent(file -> listener.drawn(done, file));
    } catch (UncheckedIOException e) {
      listener.warn("no picture of step " + done + ": " + IoReason.of(e.getCause()));
    } catch (BadInputException e) {
      listener.warn("no picture of step " + done + ": " + e.getMessage());
    }
  }

  private void save() throws IOException {
    saver.save(done, position, facts());
  }

  private Map<String, String> facts() {
    Map<String, String> facts = new HashMap<>(parts.data().facts());
    facts.putAll(parts.averages().facts());
    facts.put(TrainParts.METERS, parts.meters().state());
    facts.putAll(parts.heldOut().facts());
    return facts;
  }

  /** The pictures of the run that cannot be read. */
  public BadPictures badPictures() {
    return parts.data().bad();
  }

  /** The contents of the run's folders of pictures, for scripts. */
  public Map<String, Object> folders() {
    return parts.data().folders();
  }

  /** The run file. */
  public RunFile runFile() {
    return run;
  }

  @Override
  public void close() {
    try (parts) {
      saver.close();
    }
  }
}
