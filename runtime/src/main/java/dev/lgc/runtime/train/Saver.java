package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.io.Background;
import dev.lgc.runtime.io.ShardFile;
import dev.lgc.runtime.io.UnwritableException;
import dev.lgc.runtime.memory.MemoryBounds;
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
import java.util.function.Supplier;

/**
 * The writer of a run's checkpoints. Where all ranks have the same weights, rank 0 writes them;
 * where they have blocks, each rank of the first group writes its own. A checkpoint is there once
 * rank 0 has published it, after all have written: all ranks succeed, or all fail.
 *
 * <p>{@link #save} writes one and returns. {@link #begin} copies the tensors and returns, while
 * another thread writes; {@link #poll}, at each step, publishes it once all ranks have written
 * theirs. One checkpoint at a time is being written. Every rank makes the same calls in the same
 * order.
 */
final class Saver implements AutoCloseable {
  /**
   * A checkpoint that is being written.
   *
   * @param tensors as they were when it began
   * @param own gives this rank's shard, if it writes one, once that is written
   */
  private record Begun(
      long done,
      Path file,
      Checkpoint about,
      CheckpointTensors tensors,
      Background<Optional<ShardFile>> own) {}

  private static final int STOP = 1;
  private static final int WRITTEN = 2;

  private final TrainJob job;
  private final RunConfig.Checkpoint settings;
  private final Weights weights;
  private final ShardBuffers buffers;
  private final Ranks ranks;
  private final TrainListener listener;
  private final CheckpointFolder folder;
  private final SnapshotMemory memory = new SnapshotMemory(MemoryBounds::here);
  private final SharedWrites writes;

  /** Checkpoints that were found to be damaged. */
  private final Set<Path> unsound;

  /** The checkpoint to go on from; null if there is none. */
  private Path newest;

  /** The step that was saved last or is being saved, or that the run began at. */
  private long step;

  /** The checkpoint that is being written; null if none is. */
  private Begun begun;

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
    this.writes = new SharedWrites(ranks, () -> Optional.ofNullable(newest));
  }

  /** Returns true if a checkpoint is due after {@code done} steps of {@code steps}. */
  boolean isDue(long done, long steps) {
    return done % settings.every() == 0 || done == steps;
  }

  /** Returns true if there is something to save after {@code done} steps. */
  boolean lacks(long done) {
    return step != done;
  }

  /** Returns true if a checkpoint was begun and is not published yet; the same on all ranks. */
  boolean isWriting() {
    return begun != null;
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
    begin(done, position, facts, false);
    finish();
  }

  /**
   * Begins to write the checkpoint after {@code done} steps, once the one before it is written. The
   * session may change as soon as this returns. Where memory does not allow a copy, it returns when
   * the tensors are written.
   *
   * @throws UnwritableException if the one before it cannot be written, as {@link #save} does
   */
  void begin(long done, long position, Map<String, String> facts) throws IOException {
    begin(done, position, facts, true);
  }

  private void begin(long done, long position, Map<String, String> facts, boolean beside)
      throws IOException {
    finish();
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
    CheckpointTensors tensors = weights.saved(buffers.beside(ranks));
    Path file = folder.file(done);
    ranks.progress(done, "save the checkpoint");
    int save = tensors.isSharded() ? freeSave(file, tensors.shards()) : 1;
    Optional<CheckpointTensors> copy =
        beside && isWriter(tensors)
            ? memory.copy(tensors, Math.min(tensors.shards(), ranks.size()))
            : Optional.empty();
    CheckpointTensors taken = copy.orElse(tensors);
    Supplier<Optional<ShardFile>> work = () -> written(taken, file, save, about);
    Background<Optional<ShardFile>> own =
        copy.isEmpty() ? Background.done(work) : Background.of(work);
    begun = new Begun(done, file, about, taken, own);
    step = done;
  }

  /** The number of a save, which rank 0 finds: others may see an older state of the folder. */
  private int freeSave(Path file, int shards) throws IOException {
    failed = true;
    int mine = writes.onAll(() -> ranks.rank() == 0 ? folder.freeSave(file, shards) : 0);
    failed = false;
    return Exchange.most(ranks, mine);
  }

  /** Returns true if this rank writes tensors. */
  private boolean isWriter(CheckpointTensors tensors) {
    return ranks.rank() < (tensors.isSharded() ? tensors.shards() : 1);
  }

  /**
   * Decides with all ranks, in one exchange, and publishes the checkpoint that was begun if all
   * have written theirs; called at each step.
   *
   * @param stop what this rank says
   * @return true if some rank said so
   * @throws UnwritableException if the checkpoint cannot be written, as {@link #save} does
   */
  boolean poll(boolean stop) throws IOException {
    if (begun == null) {
      return Exchange.any(ranks, stop);
    }
    int mine = (stop ? STOP : 0) | (begun.own.isDone() ? WRITTEN : 0);
    int any = 0;
    int all = WRITTEN;
    for (double[] said : Exchange.numbers(ranks, new double[] {mine})) {
      any |= (int) said[0];
      all &= (int) said[0];
    }
    if (all == WRITTEN) {
      finish();
    }
    return (any & STOP) != 0;
  }

  /**
   * Waits for the checkpoint that was begun, and publishes it; does nothing if there is none.
   *
   * @throws UnwritableException if it cannot be written, as {@link #save} does
   */
  void finish() throws IOException {
    Begun b = begun;
    if (b == null) {
      return;
    }
    begun = null;
    failed = true;
    Optional<ShardFile> own = writes.onAll(b.own::get);
    List<ShardFile> shards = b.tensors.isSharded() ? gathered(own) : List.of();
    writes.onAll(
        () -> {
          if (ranks.rank() == 0) {
            publish(b.tensors, b.file, b.about, shards);
          }
          return b;
        });
    failed = false;
    newest = b.file;
    if (ranks.rank() == 0) {
      listener.saved(b.done, b.file);
    }
  }

  /** Writes what this rank has to: its shard, or on rank 0 all of a checkpoint without shards. */
  private Optional<ShardFile> written(
      CheckpointTensors tensors, Path file, int save, Checkpoint about) {
    if (!isWriter(tensors)) {
      return Optional.empty();
    }
    try {
      if (tensors.isSharded()) {
        return Optional.of(tensors.writeShard(file, save));
      }
      tensors.write(file, about, List.of());
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
    folder.publish(file, settings.keep(), unsound, listener::warn);
  }

  /**
   * Ends what is being written without publishing it, which {@link #finish} does. The session may
   * be closed afterwards.
   */
  @Override
  public void close() {
    if (begun != null) {
      begun.own.await();
      begun = null;
    }
    memory.close();
  }
}
