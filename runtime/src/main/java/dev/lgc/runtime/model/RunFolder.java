package dev.lgc.runtime.model;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.FolderLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The folder of a run, with the name of each file in it:
 *
 * <pre>
 * step-00001000.safetensors   a checkpoint, after 1000 steps; see {@link CheckpointFolder}
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

  /** The checkpoint after {@code step} steps. */
  public Path checkpoint(long step) {
    return path.resolve(Text.format(STEP + "%08d.safetensors", step));
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

  /** Whether a name is that of a checkpoint. */
  static boolean isCheckpoint(String name) {
    return CHECKPOINT.matcher(name).matches();
  }

  /** The steps that a checkpoint was written after. */
  static long step(Path checkpoint) {
    String name = checkpoint.getFileName().toString();
    String digits = name.substring(STEP.length(), name.indexOf('.'));
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }

  /** Whether a folder is a run's: it has a checkpoint or the log of one. */
  public boolean isRun() {
    return Files.exists(latest())
        || Files.exists(metrics())
        || new CheckpointFolder(path).hasCheckpoints();
  }

  /** Whether a file is one that a run keeps in its folder. */
  public static boolean isOfRun(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      return false;
    }
    String name = file.getFileName().toString();
    boolean own = isCheckpoint(name) || OTHERS.contains(name) || name.startsWith(BAD_METRICS);
    String in = folder.getFileName() == null ? "" : folder.getFileName().toString();
    return own && new RunFolder(folder).isRun()
        || FOLDERS.contains(in) && new RunFolder(folder.getParent()).isRun();
  }
}
