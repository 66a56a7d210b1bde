package dev.lgc.runtime.cli;

import dev.lgc.runtime.model.ModelChoice;
import java.nio.file.Path;

/** Compiled models in files. */
final class Artifacts {
  private Artifacts() {}

  /** The model that {@code file} was compiled from. */
  static ModelChoice choice(Path file) {
    throw new UnsupportedOperationException("artifact " + file);
  }
}
