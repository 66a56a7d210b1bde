package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.data.DrawnPictures;
import dev.lgc.runtime.data.IdxFiles;
import dev.lgc.runtime.data.ImageFolder;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.io.BadInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The pictures that a run file's {@code data} section names.
 *
 * @param train to learn from
 * @param heldOut to be judged by
 */
public record Pictures(PictureSource train, Optional<PictureSource> heldOut) {

  /**
   * Opens them.
   *
   * @param side pixels of a side, which drawn pictures have
   */
  public static Pictures open(RunFile run, RunConfig.Data data, int side, long seed) {
    PictureSource all =
        switch (data.kind()) {
          case DRAWN -> new DrawnPictures(data.count(), side, seed);
          case FOLDER -> ImageFolder.open(run.resolve(data.path().orElseThrow()));
          case IDX -> {
            Path images = run.resolve(data.path().orElseThrow());
            yield IdxFiles.open(
                images, data.labels().map(run::resolve).orElseGet(() -> labels(images)));
          }
        };
    if (data.heldOutPath().isPresent()) {
      PictureSource other = ImageFolder.open(run.resolve(data.heldOutPath().get()));
      if (!other.classes().equals(all.classes())) {
        throw BadInputException.in(
            run.resolve(data.heldOutPath().get()),
            "classes " + other.classes(),
            "the classes of `data.path`, " + all.classes(),
            "both folders need the same sub-folders");
      }
      return new Pictures(all, Optional.of(other));
    }
    if (data.heldOut() > 0) {
      PictureSource.Split split = all.holdOutEvery(data.heldOut());
      return new Pictures(split.train(), Optional.of(split.val()));
    }
    return new Pictures(all, Optional.empty());
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
