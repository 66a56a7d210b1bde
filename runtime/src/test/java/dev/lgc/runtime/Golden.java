package dev.lgc.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Compares text with a file beside the test; {@code -Dlgc.update-goldens=true} writes it instead.
 */
public final class Golden {
  private Golden() {}

  /** Checks {@code actual} against {@code src/test/resources/NAME}. */
  public static void check(String name, String actual) {
    Path file = SharedFiles.projectRoot().resolve("runtime/src/test/resources").resolve(name);
    try {
      if (Boolean.getBoolean("lgc.update-goldens")) {
        Files.createDirectories(file.getParent());
        Files.writeString(file, actual);
        return;
      }
      String expected = Files.exists(file) ? Files.readString(file) : "";
      assertEquals(expected, actual, name + " (-Dlgc.update-goldens=true writes it)");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
