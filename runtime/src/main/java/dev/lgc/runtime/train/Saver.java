package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.IoReason;
import dev.lgc.runtime.io.ShardFile;
import dev.lgc.runtime.io.UnwritableException;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.CheckpointTensors;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * The writer of a run's checkpoints. Where all ranks have the same weights, rank 0 writes them;
 * where they have blocks, each rank of the first group writes its own. A checkpoint is there once
 * rank 0 has published it, after all have written: all ranks succeed, or all fail.
 */
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
   * @throws UnwritableException if it cannot be written, where there is one rank: with what is safe
   * @throws SharedFailure if a rank of several cannot write it, on all
   */
  void save(long done, long position, Map<String, String> facts) throws IOException {
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
    CheckpointTensors tensors = weights.saved(ranks.rank(), buffers.beside(ranks));
    Path file = folder.file(done);
    failed = true;
    ranks.progress(done, "save the checkpoint");
    Optional<ShardFile> own = onAll(() -> write(tensors, file, about));
    List<ShardFile> shards = tensors.isSharded() ? gathered(own) : List.of();
    onAll(
        () -> {
          if (ranks.rank() == 0) {
            publish(tensors, file, about, shards);
          }
          return file;
        });
    failed = false;
    newest = file;
    step = done;
    if (ranks.rank() == 0) {
      listener.saved(done, file);
    }
  }

  /** Writes what this rank has to: its shard, or on rank 0 all of a checkpoint without shards. */
  private Optional<ShardFile> write(CheckpointTensors tensors, Path file, Checkpoint about)
      throws IOException {
    if (tensors.isSharded()) {
      boolean isOfFirstGroup = ranks.rank() < tensors.shards();
      return isOfFirstGroup ? Optional.of(tensors.writeShard(file)) : Optional.empty();
    }
    if (ranks.rank() == 0) {
      tensors.write(file, about, List.of());
    }
    return Optional.empty();
  }

  /** The shards that all ranks wrote, by rank. */
  private List<ShardFile> gathered(Optional<ShardFile> own) {
    return Exchange.texts(ranks, own.map(ShardFile::text).orElse("")).stream()
        .filter(text -> !text.isEmpty())
        .map(ShardFile::parse)
        .toList();
  }

  private void publish(
      CheckpointTensors tensors, Path file, Checkpoint about, List<ShardFile> shards)
      throws IOException {
    if (tensors.isSharded()) {
      tensors.write(file, about, shards);
    }
    unsound.remove(file);
    folder.publish(file, settings.keep(), unsound);
  }

  /** Does what may fail on one rank, on all; a failure says what is safe. */
  private <T> T onAll(Callable<T> work) throws IOException {
    try {
      return SharedFailure.orNone(ranks, () -> saying(work), Saver::text);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private <T> T saying(Callable<T> work) throws Exception {
    try {
      return work.call();
    } catch (UnwritableException e) {
      String safe =
          newest == null
              ? "no checkpoint was written yet: " + e.remedy()
              : newest.getFileName() + " is sound: " + e.remedy() + " to go on from it";
      throw e.with(safe);
    }
  }

  /** A failure, as another rank tells of it. */
  private static String text(Throwable e) {
    return switch (e) {
      case UncheckedIOException u when u.getCause() instanceof UnwritableException w ->
          w.what() + " (" + w.safe() + ")";
      case UncheckedIOException u -> IoReason.of(u.getCause());
      case BadInputException b -> b.getMessage();
      default -> e.toString();
    };
  }
}
