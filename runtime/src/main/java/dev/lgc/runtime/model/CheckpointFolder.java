package dev.lgc.runtime.model;

import static java.util.stream.Collectors.joining;

import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.ForeignFile;
import dev.lgc.runtime.io.IoReason;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.UnreadableFileException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The checkpoints in a run's folder. One in shards counts if all of them are there and sound.
 *
 * @param of the folder
 */
public record CheckpointFolder(RunFolder of) {
  /** Those in a folder. */
  public CheckpointFolder(Path path) {
    this(new RunFolder(path));
  }

  /** The file of a step. */
  public Path file(long step) {
    return of.checkpoint(step);
  }

  /**
   * Points {@code latest} at {@code file} and removes all but the newest {@code keep} up to it.
   * Those of later steps are of no run that went on to here, or damaged: they do not count.
   *
   * @param unsound do not count either, and stay
   * @param warn is told of what cannot be removed
   */
  public void publish(Path file, int keep, Set<Path> unsound, Consumer<String> warn)
      throws IOException {
    AtomicFiles.writeString(of.latest(), file.getFileName() + "\n");
    try {
      removeOld(file, keep, unsound);
    } catch (IOException e) {
      warn.accept("an old checkpoint is not removed: " + IoReason.of(e));
    }
  }

  private void removeOld(Path file, int keep, Set<Path> unsound) throws IOException {
    List<Path> all =
        of.checkpoints().stream()
            .filter(f -> RunFolder.step(f) <= RunFolder.step(file) && !unsound.contains(f))
            .toList();
    for (Path old : all.subList(Math.min(keep, all.size()), all.size())) {
      if (!old.equals(file)) {
        Files.deleteIfExists(old);
      }
    }
    removeShards(RunFolder.step(file));
  }

  /**
   * Removes the shards up to a step that belong to no checkpoint: what a save left that was not
   * completed, and those of checkpoints that were removed or saved again. Of a checkpoint that
   * cannot be read all stay, and so do those that a file of another name lists. No rank is writing
   * a shard now: those that were begun are of ranks that died.
   */
  private void removeShards(long step) throws IOException {
    for (Path begun : of.temporaryShards()) {
      Files.deleteIfExists(begun);
    }
    List<Path> some = of.shards().stream().filter(s -> RunFolder.step(s) <= step).toList();
    if (some.isEmpty()) {
      return;
    }
    ListedShards listed = ListedShards.in(of);
    for (Path shard : some) {
      if (!listed.has(shard)) {
        Files.deleteIfExists(shard);
      }
    }
  }

  /**
   * The number of a save whose shards replace none that a checkpoint in the folder has. Until its
   * index is published, the checkpoint of the same step stays what it is.
   *
   * @param shards of the save
   * @throws BadInputException if the folder cannot be listed
   */
  public int freeSave(Path checkpoint, int shards) {
    ListedShards listed = ListedShards.in(of);
    int save = 1;
    while (listed.hasAny(checkpoint, shards, save)) {
      save++;
    }
    return save;
  }

  /** Checkpoints of which there are shards alone. */
  private List<String> incomplete() {
    return of.shards().stream()
        .map(RunFolder::ofShard)
        .distinct()
        .filter(Files::notExists)
        .map(file -> file.getFileName().toString())
        .toList();
  }

  /**
   * The newest sound checkpoint: the one {@code latest} names, else the newest that can be read.
   *
   * @param warn is told which ones had to be passed over, and why
   * @throws BadInputException if there are some and none is sound, or one cannot be read
   */
  public Optional<Path> latest(Consumer<String> warn) {
    return latest(warn, new HashSet<>());
  }

  /**
   * The same, but for those that were found to be damaged when their tensors were read.
   *
   * @param unsound is passed over in silence; those that are unsound are added
   * @throws BadInputException if there are some and none is sound: beginning anew would lose what
   *     the run's folder still has
   * @throws UnreadableFileException if the system does not let one be read, which may be sound
   */
  public Optional<Path> latest(Consumer<String> warn, Set<Path> unsound) {
    if (unsound.isEmpty()) {
      incomplete()
          .forEach(
              name ->
                  warn.accept(
                      of.path()
                          + ": there are shards of "
                          + name
                          + " without that file, as where saving it was interrupted; they are"
                          + " skipped"));
    }
    Set<Path> candidates = new LinkedHashSet<>();
    Path pointer = of.latest();
    if (Files.isRegularFile(pointer)) {
      try {
        String name = Files.readString(pointer).strip();
        if (RunFolder.isCheckpoint(name)) {
          candidates.add(of.path().resolve(name));
        }
      } catch (CharacterCodingException e) {
        warn.accept(pointer + " is not text: the checkpoint of the latest step is used");
      } catch (IOException e) {
        throw new UnreadableFileException(pointer, e);
      }
    }
    candidates.addAll(of.checkpoints());
    candidates.removeAll(unsound);
    for (Path file : candidates) {
      if (Files.notExists(file)) {
        warn.accept(file + " is not there, which " + pointer + " names");
        continue;
      }
      try (SafetensorsFile opened = SafetensorsFile.open(file)) {
        Checkpoint.of(opened);
        return Optional.of(file);
      } catch (UnreadableFileException e) {
        throw e;
      } catch (BadInputException e) {
        warn.accept(e.getMessage());
        unsound.add(file);
      }
    }
    if (!unsound.isEmpty()) {
      throw noneIsSound(unsound);
    }
    return Optional.empty();
  }

  private BadInputException noneIsSound(Set<Path> unsound) {
    String names =
        unsound.stream().map(f -> f.getFileName().toString()).sorted().collect(joining(", "));
    return BadInputException.in(
        of.path(),
        "every checkpoint is damaged: " + names,
        "one that is sound",
        "put a copy of one there, or move them away to start from the beginning");
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
                new CheckpointFolder(given).isIncomplete()
                    ? none(given, "it has shards without the file that lists them")
                    : ForeignFile.ofFolder(given).orElseGet(() -> none(given, "train first")));
  }

  private boolean isIncomplete() {
    return !incomplete().isEmpty();
  }

  private static BadInputException none(Path folder, String hint) {
    return BadInputException.in(folder, "no checkpoint in this folder", "step-….safetensors", hint);
  }
}
