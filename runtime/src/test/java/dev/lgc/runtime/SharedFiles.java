package dev.lgc.runtime;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Large files that lie beside the project and not in it: {@code shared/}, next to its root. */
public final class SharedFiles {
  private static final Path SHARED = projectRoot().resolveSibling("shared");

  private SharedFiles() {}

  /**
   * {@code shared/NAME}; the calling test is reported as skipped, with the path, if it is absent.
   */
  public static Path require(String name) {
    String set = System.getProperty("lgc.shared", System.getenv("LGC_SHARED"));
    Path file = (set == null ? SHARED : Path.of(set)).resolve(name);
    assumeTrue(Files.exists(file), () -> "skipped: " + file + " is not here");
    return file;
  }

  /** The directory above the module. */
  public static Path projectRoot() {
    Path here = Path.of("").toAbsolutePath();
    return Files.exists(here.resolve("runtime/pom.xml")) ? here : here.getParent();
  }
}
