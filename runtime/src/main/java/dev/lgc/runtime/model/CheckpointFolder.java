package dev.lgc.runtime.model;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.ForeignFile;
import dev.lgc.runtime.io.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A run's folder: {@code step-00001000.safetensors}, …, and {@code latest}, which names the newest.
 *
 * @param path where
 */
public record CheckpointFolder(Path path) {
  // Digits of any script: names once had those of the user's locale.
  private static final Pattern NAME = Pattern.compile("step-\\p{Nd}{8,}\\.safetensors");

  private static final Set<String> OTHERS = Set.of("latest", "metrics.jsonl", "loss.png", ".lock");
  private static final Set<String> FOLDERS = Set.of("samples", "tensorboard");

  /** The file of a step. */
  public Path file(long step) {
    return path.resolve(Text.format("step-%08d.safetensors", step));
  }

  /** Points {@code latest} at {@code file} and removes all but the newest {@code keep}. */
  public void publish(Path file, int keep) throws IOException {
    AtomicFiles.writeString(path.resolve("latest"), file.getFileName() + "\n");
    List<Path> all = newestFirst();
    for (Path old : all.subList(Math.min(keep, all.size()), all.size())) {
      if (!old.equals(file)) {
        Files.deleteIfExists(old);
      }
    }
  }

  /**
   * The newest sound checkpoint: the one {@code latest} names, else the newest that can be read.
   *
   * @param warn is told which ones had to be passed over, and why
   */
  public Optional<Path> latest(Consumer<String> warn) {
    return latest(warn, new HashSet<>());
  }

  /**
   * The same, but for those that were found to be damaged when their tensors were read.
   *
   * @param unsound is passed over in silence; those that are unsound are added
   */
  public Optional<Path> latest(Consumer<String> warn, Set<Path> unsound) {
    Set<Path> candidates = new LinkedHashSet<>();
    Path pointer = path.resolve("latest");
    if (Files.isRegularFile(pointer)) {
      try {
        String name = Files.readString(pointer).strip();
        if (NAME.matcher(name).matches()) {
          candidates.add(path.resolve(name));
        }
      } catch (IOException e) {
        warn.accept(pointer + " cannot be read: " + e.getMessage());
      }
    }
    candidates.addAll(newestFirst());
    candidates.removeAll(unsound);
    for (Path file : candidates) {
      try (SafetensorsFile opened = SafetensorsFile.open(file)) {
        Checkpoint.of(opened);
        return Optional.of(file);
      } catch (BadInputException e) {
        warn.accept(e.getMessage());
        unsound.add(file);
      }
    }
    return Optional.empty();
  }

  /** Whether a folder is a run's: it has a checkpoint or the log of one. */
  public static boolean isRun(Path folder) {
    return Files.exists(folder.resolve("latest"))
        || Files.exists(folder.resolve("metrics.jsonl"))
        || Files.isDirectory(folder) && !new CheckpointFolder(folder).newestFirst().isEmpty();
  }

  /** Whether a file is one that a run keeps in its folder. */
  public static boolean isOfRun(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      return false;
    }
    String name = file.getFileName().toString();
    boolean own = NAME.matcher(name).matches() || OTHERS.contains(name);
    String in = folder.getFileName() == null ? "" : folder.getFileName().toString();
    return own && isRun(folder) || FOLDERS.contains(in) && isRun(folder.getParent());
  }

  private List<Path> newestFirst() {
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(path)) {
      List<Path> found =
          new ArrayList<>(
              files.filter(f -> NAME.matcher(f.getFileName().toString()).matches()).toList());
      found.sort(
          Comparator.comparingLong(CheckpointFolder::step)
              .thenComparing(Path::toString)
              .reversed());
      return found;
    } catch (IOException e) {
      throw new BadInputException(path + ": cannot be listed: " + e.getMessage(), "", "", e);
    }
  }

  private static long step(Path file) {
    String name = file.getFileName().toString();
    String digits = name.substring(5, name.indexOf('.'));
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }

  /**
   * The checkpoint that {@code given} means: a file, or a run's folder, whose latest is taken.
   *
   * @throws BadInputException if there is none
   */
  public static Path resolve(Path given, Consumer<String> warn) {
    if (!Files.isDirectory(given)) {
      return given;
    }
    return new CheckpointFolder(given)
        .latest(warn)
        .orElseThrow(
            () ->
                ForeignFile.ofFolder(given)
                    .orElseGet(
                        () ->
                            BadInputException.in(
                                given,
                                "no checkpoint in this folder",
                                "step-….safetensors",
                                "train first")));
  }
}
