package dev.lgc.runtime.train;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.FolderContents;
import dev.lgc.runtime.data.IdxFiles;
import dev.lgc.runtime.data.ImageFolder;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.data.SyntheticPictures;
import dev.lgc.runtime.io.BadInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The pictures that a run file's {@code data} section names.
 *
 * @param train to learn from
 * @param heldOut to be judged by
 */
public record Pictures(PictureSource train, Optional<PictureSource> heldOut) {

  /** All pictures of a folder, none held out. */
  public static Pictures of(Path folder) {
    return new Pictures(ImageFolder.open(folder), Optional.empty());
  }

  /**
   * Opens them.
   *
   * @param side pixels of a side, which drawn pictures have
   */
  public static Pictures open(RunFile run, RunConfig.Data data, int side, long seed) {
    PictureSource all =
        switch (data.kind()) {
          case DRAWN -> {
            if (side < SyntheticPictures.LEAST_SIDE || side > SyntheticPictures.MOST_SIDE) {
              throw UserError.setting(
                  run.place("data.kind"),
                  "`data.kind: drawn` draws no pictures of that size",
                  side + " pixels on a side",
                  SyntheticPictures.LEAST_SIDE + " to " + SyntheticPictures.MOST_SIDE,
                  "`data.image`, or the model's own size");
            }
            yield new SyntheticPictures(data.count(), side, seed);
          }
          case FOLDER -> folder(run, "data.path", data.path().orElseThrow());
          case IDX -> {
            Path images = run.resolve(data.path().orElseThrow());
            yield run.at(
                "data.path",
                () ->
                    IdxFiles.open(
                        images, data.labels().map(run::resolve).orElseGet(() -> labels(images))));
          }
        };
    if (data.heldOutPath().isPresent()) {
      PictureSource other = folder(run, "data.held_out_path", data.heldOutPath().get());
      if (!other.classes().equals(all.classes())) {
        throw UserError.setting(
            run.place("data.held_out_path"),
            "the held-out pictures are of other classes than those to train on",
            difference(other.classes(), all.classes()),
            "the same sub-folders in both",
            "");
      }
      return new Pictures(all, Optional.of(other));
    }
    if (data.heldOut() > 0) {
      requireEnough(run, data.heldOut(), all.size());
      PictureSource.Split split = all.holdOutEvery(data.heldOut());
      return new Pictures(split.train(), Optional.of(split.val()));
    }
    return new Pictures(all, Optional.empty());
  }

  private static PictureSource folder(RunFile run, String key, Path path) {
    return run.at(key, () -> ImageFolder.open(run.resolve(path)));
  }

  private static String difference(List<String> heldOut, List<String> train) {
    List<String> more = heldOut.stream().filter(c -> !train.contains(c)).toList();
    List<String> fewer = train.stream().filter(c -> !heldOut.contains(c)).toList();
    return Stream.of(
            more.isEmpty() ? "" : "only held out: " + String.join(", ", more),
            fewer.isEmpty() ? "" : "only to train on: " + String.join(", ", fewer))
        .filter(t -> !t.isEmpty())
        .collect(Collectors.joining("; "));
  }

  private static void requireEnough(RunFile run, int every, int size) {
    if (size < every) {
      throw UserError.setting(
          run.place("data.held_out"),
          "`data.held_out` finds no picture to hold out",
          Text.format(
              "every %dth picture, of %s", every, size == 1 ? "1 picture" : size + " pictures"),
          size == 1
              ? "0, which holds none out: to hold any out takes at least 2 pictures"
              : Text.format("2 to %d, or 0 to hold none out", size),
          "");
    }
  }

  /** Those of both. */
  public List<PictureSource> sources() {
    return Stream.concat(Stream.of(train), heldOut.stream()).toList();
  }

  /** The contents of the folders, and the files that are skipped: a text for each folder. */
  public List<String> texts() {
    return contents().map(c -> c.getKey() + ": " + c.getValue().text()).toList();
  }

  /** The same for scripts, by folder. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    contents().forEach(c -> all.put(c.getKey(), c.getValue().json()));
    return all;
  }

  private Stream<Map.Entry<String, FolderContents>> contents() {
    return sources().stream()
        .flatMap(s -> s.contents().stream())
        .distinct()
        .map(c -> Map.entry(c.root().toString(), c));
  }

  /** MNIST's name for the labels of a file of images. */
  private static Path labels(Path images) {
    if (!Files.exists(images)) {
      throw new BadInputException(
          images + ": no such file", "a file of pictures", "check the path");
    }
    String name = images.getFileName().toString().replace("images-idx3", "labels-idx1");
    Path labels = images.resolveSibling(name);
    if (labels.equals(images) || !Files.exists(labels)) {
      throw BadInputException.in(
          images, "no file of labels beside it", "one", "name it with `data.labels`");
    }
    return labels;
  }
}
