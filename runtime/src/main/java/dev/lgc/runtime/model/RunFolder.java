package dev.lgc.runtime.model;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FolderLock;
import dev.lgc.runtime.io.IoReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of a run, with the name of each file in it:
 *
 * <pre>
 * step-00001000.safetensors   a checkpoint, after 1000 steps; see {@link CheckpointFolder}
 * step-00001000.shard-1-of-2.safetensors   a shard of it; see {@link CheckpointTensors}
 * step-00001000.shard-1-of-2.save-2.safetensors   the same, if the step was saved again
 * latest                      the name of the newest one
 * metrics.jsonl               the numbers of the run; loss.png draws them
 * tensorboard/                the same numbers as TensorBoard's events
 * samples/step-00001000.png   pictures of what the model could do then
 * bad-pictures.jsonl          pictures that could not be read
 * .lock                       who writes here: see {@link FolderLock}
 * </pre>
 *
 * @param path of the folder
 */
public record RunFolder(Path path) {
  private static final String STEP = "step-";

  // Digits of any script: names once had those of the user's locale.
  private static final Pattern CHECKPOINT = Pattern.compile(STEP + "\\p{Nd}{8,}\\.safetensors");
  private static final String SHARD = ".shard-";
  private static final String SHARD_NAME =
      STEP + "\\p{Nd}{8,}\\.shard-\\d+-of-\\d+(\\.save-\\d+)?\\.safetensors";

  private static final Pattern SHARD_FILE = Pattern.compile(SHARD_NAME);

  /** A shard that is being written: see {@link AtomicFiles}. */
  private static final Pattern SHARD_TEMPORARY =
      Pattern.compile("\\." + SHARD_NAME + "\\..+\\.tmp");

  private static final String LATEST = "latest";
  private static final String METRICS = "metrics.jsonl";
  private static final String BAD_METRICS = METRICS + ".bad";
  private static final String LOSS_CURVE = "loss.png";
  private static final String BAD_PICTURES = "bad-pictures.jsonl";
  private static final String EVENTS = "tensorboard";
  private static final String PREVIEWS = "samples";
  private static final Set<String> OTHERS =
      Set.of(LATEST, METRICS, LOSS_CURVE, BAD_PICTURES, FolderLock.NAME);
  private static final Set<String> FOLDERS = Set.of(PREVIEWS, EVENTS);

  /**
   * Locks the folder for the run that writes to it.
   *
   * @param warn is told if the file system has no locks
   * @throws BadInputException if another run writes to the folder, or it cannot be written to
   */
  public FolderLock lock(Consumer<String> warn) {
    try {
      FolderLock lock =
          FolderLock.acquire(
              path, "a run", "let it end, or give this run a `checkpoint.dir` of its own", warn);
      try {
        // Every checkpoint ends with this file: a folder or a loop of links in its place is found
        // now.
        AtomicFiles.requireReplaceable(latest());
        return lock;
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new BadInputException(
          IoReason.of(e),
          "a folder that can be written to",
          "give the run another `checkpoint.dir`",
          e);
    }
  }

  /** The checkpoint after {@code step} steps. */
  public Path checkpoint(long step) {
    return path.resolve(Text.format(STEP + "%08d.safetensors", step));
  }

  /**
   * The checkpoints in it, sound or not, newest first.
   *
   * @throws BadInputException if it cannot be listed
   */
  public List<Path> checkpoints() {
    List<Path> found = new ArrayList<>(files(RunFolder::isCheckpoint));
    found.sort(Comparator.comparingLong(RunFolder::step).thenComparing(Path::toString).reversed());
    return found;
  }

  /**
   * The shards in it, of checkpoints that are there or not, by name.
   *
   * @throws BadInputException if it cannot be listed
   */
  List<Path> shards() {
    return files(RunFolder::isShard).stream().sorted().toList();
  }

  /**
   * Files in it that writers of shards began.
   *
   * @throws BadInputException if it cannot be listed
   */
  List<Path> temporaryShards() {
    return files(name -> SHARD_TEMPORARY.matcher(name).matches());
  }

  /**
   * The safetensors files in it that are no shards: checkpoints, and what else a user put there.
   *
   * @throws BadInputException if it cannot be listed
   */
  List<Path> weights() {
    return files(name -> name.endsWith(".safetensors") && !isShard(name));
  }

  private List<Path> files(Predicate<String> named) {
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.filter(f -> named.test(f.getFileName().toString())).toList();
    } catch (IOException | UncheckedIOException e) {
      throw new BadInputException(path + ": cannot be listed: " + e.getMessage(), "", "", e);
    }
  }

  /** The file that names the newest checkpoint. */
  public Path latest() {
    return path.resolve(LATEST);
  }

  /** The log of the run's numbers. */
  public Path metrics() {
    return path.resolve(METRICS);
  }

  /** A name that is free yet, for what stands in the place of the log and is none. */
  public Path badMetrics() {
    Path file = path.resolve(BAD_METRICS);
    for (int i = 2; Files.exists(file, LinkOption.NOFOLLOW_LINKS); i++) {
      file = path.resolve(BAD_METRICS + "-" + i);
    }
    return file;
  }

  /** The curves of the losses. */
  public Path lossCurve() {
    return path.resolve(LOSS_CURVE);
  }

  /** The folder of TensorBoard's events. */
  public Path events() {
    return path.resolve(EVENTS);
  }

  /** The picture of what the model can do after {@code step} steps. */
  public Path preview(long step) {
    return path.resolve(PREVIEWS).resolve(Text.format(STEP + "%08d.png", step));
  }

  /** The list of pictures that cannot be read. */
  public Path badPictures() {
    return path.resolve(BAD_PICTURES);
  }

  /** Returns true if a name is that of a checkpoint. */
  static boolean isCheckpoint(String name) {
    return CHECKPOINT.matcher(name).matches();
  }

  /** Returns true if a name is that of a shard of a checkpoint. */
  static boolean isShard(String name) {
    return SHARD_FILE.matcher(name).matches();
  }

  /** The checkpoint that a shard is named after. */
  static Path ofShard(Path shard) {
    String name = shard.getFileName().toString();
    return shard.resolveSibling(name.substring(0, name.indexOf(SHARD)) + ".safetensors");
  }

  /** The steps that a checkpoint, or a shard of one, was written after. */
  static long step(Path checkpoint) {
    String name = checkpoint.getFileName().toString();
    String digits = name.substring(STEP.length(), name.indexOf('.'));
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }

  /** Returns true if a folder is a run's: it has a checkpoint or the log of one. */
  public boolean isRun() {
    return Files.exists(latest()) || Files.exists(metrics()) || !checkpoints().isEmpty();
  }

  /** Returns true if a file is one that a run keeps in its folder. */
  public static boolean isOfRun(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      return false;
    }
    String name = file.getFileName().toString();
    boolean own =
        isCheckpoint(name)
            || isShard(name)
            || OTHERS.contains(name)
            || name.startsWith(BAD_METRICS);
    String in = folder.getFileName() == null ? "" : folder.getFileName().toString();
    return own && new RunFolder(folder).isRun()
        || FOLDERS.contains(in) && new RunFolder(folder.getParent()).isRun();
  }
}
