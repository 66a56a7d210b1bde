package dev.lgc.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.UnwritableException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of codes that is begun, gone on with, and finished. */
@Tag("pure")
final class CodesFileTest {
  @TempDir private Path dir;

  private final List<String> warnings = new ArrayList<>();

  private static SamplingRecord record(String seed, String batch) {
    return new SamplingRecord(Map.of("seed", seed), Map.of("batch", batch));
  }

  private CodesFile open(String seed, String batch) throws IOException {
    return CodesFile.open(dir.resolve("codes.json"), record(seed, batch), warnings::add);
  }

  private Path begun() throws IOException {
    try (CodesFile file = open("1", "2")) {
      file.append(new int[][] {{1, 2}, {3, 4}});
      file.append(new int[][] {{5, 6}});
    }
    return dir.resolve("codes.json.partial");
  }

  @Test
  void itGoesOnAfterTheLastWholeLine() throws IOException {
    Files.writeString(begun(), "[7,", StandardOpenOption.APPEND);
    try (CodesFile file = open("1", "2")) {
      assertEquals(3, file.samples());
      file.append(new int[][] {{7, 8}});
      file.finish(4);
    }
    String codes = "{\"tokens\":[[1,2],[3,4],[5,6],[7,8]]}";
    assertEquals(codes, Files.readString(dir.resolve("codes.json")));
    assertTrue(Files.notExists(dir.resolve("codes.json.partial")));
    assertEquals(List.of(), warnings);
  }

  @Test
  void anotherBatchCutsNothingOffAndIsSaid() throws IOException {
    begun();
    try (CodesFile file = open("1", "50")) {
      assertEquals(3, file.samples());
    }
    assertEquals(1, warnings.size());
    assertTrue(warnings.getFirst().contains("computed with batch 2, now 50"), warnings.toString());
  }

  @Test
  void otherSettingsAreRefusedAndNothingIsCut() throws IOException {
    Path partial = begun();
    String before = Files.readString(partial);
    BadInputException e = assertThrows(BadInputException.class, () -> open("2", "50").close());
    assertTrue(e.what().contains("its samples were drawn with seed 1"), e.what());
    assertEquals(before, Files.readString(partial));
  }

  @Test
  void aSecondWriterIsRefused() throws IOException {
    try (CodesFile file = open("1", "2")) {
      BadInputException e = assertThrows(BadInputException.class, () -> open("1", "2").close());
      assertTrue(e.what().contains("another process is writing it"), e.what());
      assertEquals(0, file.samples());
    }
  }

  @Test
  void aDeviceIsWrittenToAndNothingIsLeftBesideIt() throws IOException {
    Path device = Path.of("/dev/null");
    assumeTrue(Files.exists(device));
    try (CodesFile file = CodesFile.open(device, record("1", "2"), warnings::add)) {
      file.append(new int[][] {{1, 2}});
      assertEquals(device, file.finish(1));
    }
    assertFalse(Files.exists(Path.of("/dev/null.partial")));
    assertFalse(Files.isRegularFile(device));
  }

  @Test
  void aFullDiskIsNamedWithHowManySamplesAreThere() throws IOException {
    Path full = Path.of("/dev/full"); // every write to it finds no space
    assumeTrue(Files.exists(full));
    Path partial = dir.resolve("codes.json.partial");
    FileChannel out = FileChannel.open(full, StandardOpenOption.WRITE);
    try (CodesFile file = new CodesFile(dir.resolve("codes.json"), partial, out, 3)) {
      int[][] codes = {{1, 2}};
      UnwritableException e = assertThrows(UnwritableException.class, () -> file.append(codes));
      assertTrue(e.what().startsWith(partial + ": cannot be written: No space left"), e.what());
      assertEquals("3 samples exist; the same command resumes", e.safe());
      assertEquals(3, file.samples());
    }
  }

  @Test
  void longSettingsAreShownWhereTheyDiffer() {
    String classes = "1,".repeat(100);
    BadInputException e =
        assertThrows(
            BadInputException.class,
            () -> record(classes + "7", "1").requireSame(record(classes + "8", "1"), dir, ""));
    assertTrue(e.what().endsWith("1,1,1,8"), e.what());
    assertTrue(e.expected().contains("1,1,1,7, as this command"), e.expected());
  }
}
