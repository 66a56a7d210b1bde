package dev.lgc.runtime.model;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.ForeignFile;
import dev.lgc.runtime.io.SafetensorsFile;
import java.nio.file.Path;

/** The check that a binary file is sound: a compiled model, or weights. */
public final class FileCheck {
  private FileCheck() {}

  /** Returns true if {@code name} is that of a file that this checks. */
  public static boolean isFor(String name) {
    return Artifact.isNamed(name) || ForeignFile.isNamedAsWeights(name);
  }

  /**
   * Reads all of a file; returns a line that says what is sound.
   *
   * @throws BadInputException if something in it is damaged
   */
  public static String of(String name) {
    return Artifact.isNamed(name) ? artifact(Path.of(name)) : tensors(Path.of(name));
  }

  private static String artifact(Path path) {
    Artifact a = Artifact.read(path);
    a.plans().forEach(a::plan);
    a.weights().ifPresent(WeightImage::check);
    a.tokenizer().ifPresent(t -> t.plans().forEach(t::plan));
    a.tokenizer().flatMap(Artifact::weights).ifPresent(WeightImage::check);
    return Text.format(
        "sound: %s%s",
        Text.count(a.plans().size(), "plan"),
        a.weights().isPresent() ? " and weights" : ", without weights");
  }

  private static String tensors(Path path) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      file.check();
      return Text.format(
          "sound: %s%s",
          Text.count(file.allNames().size(), "tensor"),
          file.hasChecksums() ? "" : " without checksums");
    }
  }
}
