package dev.lgc.runtime.output;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The identity of files and folders, however their paths are spelled or linked. */
final class PathIdentity {
  private PathIdentity() {}

  /** Returns true if both are the same file; of files that do not exist, if they would be. */
  static boolean same(Path a, Path b) {
    try {
      return Files.exists(a) && Files.exists(b) ? Files.isSameFile(a, b) : real(a).equals(real(b));
    } catch (IOException e) {
      return real(a).equals(real(b));
    }
  }

  /** The path without links and dots, as far as it exists. */
  static Path real(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    for (Path p = path.toAbsolutePath(); p != null; p = p.getParent()) {
      try {
        Path rest = p.relativize(path.toAbsolutePath());
        return rest.toString().isEmpty()
            ? p.toRealPath()
            : p.toRealPath().resolve(rest).normalize();
      } catch (IOException | IllegalArgumentException e) {
        continue; // its parent may exist
      }
    }
    return absolute;
  }
}
