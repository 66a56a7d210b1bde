package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("backend")
final class RehearsalTest {
  @TempDir private Path dir;

  /** The launcher only notes when it fails, and every start would be slower. */
  @Test
  void theRehearsalPlansCompilesAndSamples() throws Exception {
    Path folder = dir.resolve("new");
    Rehearsal.main(new String[] {folder.toString()});
    assertTrue(Files.readString(folder.resolve("tokens.json")).startsWith("{\"tokens\":[["));
  }
}
