package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.IoReason;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Trains any model that has objectives; goes on where its folder's newest checkpoint stopped. */
public final class Trainer implements AutoCloseable {
  private final RunFile run;
  private final RunConfig config;
  private final TrainListener listener;
  private final TrainParts parts;
  private final Saver saver;
  private long done;

  /** Samples drawn by the steps that are done; the feed is ahead of it within a step. */
  private long position;

  /**
   * Opens a run: its data, its session, and its newest checkpoint if there is one. Where that
   * fails, nothing stays open.
   *
   * @throws UserError if data, weights or checkpoint do not fit the model
   */
  public Trainer(TrainJob job, Device device, TrainListener listener) {
    this.run = job.run();
    this.config = run.config();
    this.listener = listener;
    this.parts = TrainParts.open(job, device, listener);
    this.saver = new Saver(job, parts.weights(), parts.start(), listener);
    this.done = parts.start().done();
  }

  /** Steps done so far. */
  public long done() {
    return done;
  }

  /** Steps the run has in all. */
  public long steps() {
    return parts.steps();
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
   * @param stop ends training between two steps
   * @param stopNow ends it after the kernel that runs, where the device can: a step is given up
   *     until its first update, and so are held-out losses and pictures. What is saved is what
   *     training had come to after the last step that was done.
   */
  public boolean run(BooleanSupplier stop, BooleanSupplier stopNow) throws IOException {
    listener.begins(done, steps());
    position = parts.data().train().position();
    try {
      loop(stop, stopNow);
    } catch (IOException | RuntimeException | Error e) {
      saveBeforeEnding(e);
      throw e;
    }
    return done >= steps();
  }

  /** What the step before the checkpoint still had to give when the run was stopped. */
  private void catchUp(BooleanSupplier stop, BooleanSupplier stopNow) throws IOException {
    if (parts.heldOut().isDue() && !stop.getAsBoolean()) {
      measure(stopNow);
      if (!parts.heldOut().isDue()) {
        save(); // so that the row is not written again
      }
    }
    if (done > 0 && previewIsDue() && parts.previews().get().lacks(done) && !stop.getAsBoolean()) {
      preview(stopNow);
    }
  }

  private boolean previewIsDue() {
    return parts.previews().isPresent()
        && (done % config.samples().every() == 0 || done == steps());
  }

  private void loop(BooleanSupplier stop, BooleanSupplier stopNow) throws IOException {
    catchUp(stop, stopNow);
    while (done < steps() && !stop.getAsBoolean() && !stopNow.getAsBoolean()) {
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
      if (saver.isDue(done, steps())) {
        save();
      }
      if (previewIsDue() && !stop.getAsBoolean()) {
        preview(stopNow);
      }
    }
    if (saver.lacks(done)) {
      save();
    }
    if (done == steps() && parts.heldOut().isDue()) {
      listener.note("the last held-out loss was not measured; the same command measures it");
    }
    parts.data().tellBad(); // of the last held-out pictures
  }

  private void measure(BooleanSupplier stop) {
    parts.heldOut().measure(done, stop).ifPresent(losses -> listener.heldOut(done, losses));
  }

  /** Whatever ends a run, the steps that are done are not lost, unless they are what went wrong. */
  private void saveBeforeEnding(Throwable why) {
    if (saver.hasFailed() || !parts.step().isConsistent() || !saver.lacks(done)) {
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
      parts
          .session()
          .unlessStopped(stop, () -> parts.previews().get().draw(done, stop))
          .ifPresent(file -> listener.drawn(done, file));
    } catch (UncheckedIOException e) {
      listener.warn("no picture of step " + done + ": " + IoReason.of(e.getCause()));
    } catch (BadInputException e) {
      listener.warn("no picture of step " + done + ": " + e.getMessage());
    }
  }

  private void save() throws IOException {
    Map<String, String> facts = new HashMap<>(parts.data().facts());
    facts.putAll(parts.averages().facts());
    facts.put(TrainParts.METERS, parts.meters().state());
    facts.putAll(parts.heldOut().facts());
    saver.save(done, position, facts);
  }

  /** The pictures of the run that cannot be read. */
  public BadPictures badPictures() {
    return parts.data().bad();
  }

  /** What the run's folders of pictures hold, for scripts. */
  public Map<String, Object> folders() {
    return parts.data().folders();
  }

  /** The run file. */
  public RunFile runFile() {
    return run;
  }

  @Override
  public void close() {
    parts.close();
  }
}
