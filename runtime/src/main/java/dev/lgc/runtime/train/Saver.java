package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.io.UnwritableException;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The writer of a run's checkpoints, which rank 0 writes: all ranks have the same weights. */
final class Saver {
  private final TrainJob job;
  private final RunConfig.Checkpoint settings;
  private final Weights weights;
  private final ShardBuffers buffers;
  private final Ranks ranks;
  private final TrainListener listener;
  private final CheckpointFolder folder;

  /** Checkpoints that were found to be damaged. */
  private final Set<Path> unsound;

  /** The checkpoint to go on from; null if there is none. */
  private Path newest;

  /** The step that was saved last, or that the run began at. */
  private long step;

  private boolean failed;

  Saver(
      TrainJob job,
      Weights weights,
      ShardBuffers buffers,
      Ranks ranks,
      StartingPoint start,
      TrainListener listener) {
    this.job = job;
    this.settings = job.run().config().checkpoint();
    this.weights = weights;
    this.buffers = buffers;
    this.ranks = ranks;
    this.listener = listener;
    this.folder = new CheckpointFolder(job.run().resolve(settings.dir()));
    this.unsound = new HashSet<>(start.unsound());
    this.newest = start.saved().orElse(null);
    this.step = start.done();
  }

  /** Returns true if a checkpoint is due after {@code done} steps of {@code steps}. */
  boolean isDue(long done, long steps) {
    return done % settings.every() == 0 || done == steps;
  }

  /** Returns true if there is something to save after {@code done} steps. */
  boolean lacks(long done) {
    return step != done;
  }

  /** Returns true if writing a checkpoint failed: it is not tried again. */
  boolean hasFailed() {
    return failed;
  }

  /**
   * Writes the checkpoint after {@code done} steps, and removes those that are too many then; all
   * ranks do so at once.
   *
   * @param position samples drawn by these steps
   * @param facts what else is to be remembered
   * @throws UnwritableException if it cannot be written: with what is safe
   */
  void save(long done, long position, Map<String, String> facts) throws IOException {
    List<TensorEntry> beside = buffers.beside(ranks);
    if (ranks.rank() > 0) {
      step = done;
      return;
    }
    ranks.progress(done, "save the checkpoint");
    Checkpoint about =
        new Checkpoint(
            job.choice(),
            job.sources(),
            job.fingerprint(),
            done,
            position,
            job.run().config().seed(),
            Resume.settings(job),
            facts);
    Path file = folder.file(done);
    failed = true;
    try {
      weights.save(file, about, beside);
      unsound.remove(file);
      folder.publish(file, settings.keep(), unsound);
    } catch (UnwritableException e) {
      String safe =
          newest == null
              ? "no checkpoint was written yet: " + e.remedy()
              : newest.getFileName() + " is sound: " + e.remedy() + " to go on from it";
      throw e.with(safe);
    }
    failed = false;
    newest = file;
    step = done;
    listener.saved(done, file);
  }
}
