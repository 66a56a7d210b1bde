package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A rehearsal that fails is an exception; after one, every start is slower. */
@Tag("backend")
final class RehearsalTest {
  @TempDir private Path dir;

  private Path rehearsed(String way) throws IOException {
    Path folder = dir.resolve("new");
    Rehearsal.rehearse(way, folder);
    return folder;
  }

  @Test
  void theOneThatReckonsChecksAndPlansWithoutAFile() throws Exception {
    try (Stream<Path> files = Files.list(rehearsed("reckoning"))) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void theOneThatComputesCompilesAndSamples() throws Exception {
    Path tokens = rehearsed("computing").resolve("tokens.json");
    assertTrue(Files.readString(tokens).startsWith("{\"tokens\":[["));
  }
}
