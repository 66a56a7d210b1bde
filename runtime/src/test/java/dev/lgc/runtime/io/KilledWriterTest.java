package dev.lgc.runtime.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.Fuzz;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
class KilledWriterTest {
  private static final int FLOATS = 1 << 18;

  @TempDir Path dir;

  @Test
  void aCheckpointIsCompleteWhenItsWriterIsKilledAtAnyMoment() throws Exception {
    Path file = dir.resolve("checkpoint.safetensors");
    Fuzz fuzz = new Fuzz("killed writer");
    for (int round = 0; round < 6; round++) {
      Process writer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xshare:auto",
                  "-XX:TieredStopAtLevel=1",
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Writer.class.getName(),
                  file.toString())
              .inheritIO()
              .start();
      long before = Files.exists(file) ? Files.getLastModifiedTime(file).toMillis() : 0;
      while (writer.isAlive()
          && (!Files.exists(file) || Files.getLastModifiedTime(file).toMillis() == before)) {
        Thread.sleep(5);
      }
      Thread.sleep(fuzz.random().nextInt(60));
      assertTrue(writer.isAlive(), "the writer failed by itself");
      writer.destroyForcibly().waitFor();
      try (SafetensorsFile f = SafetensorsFile.open(file)) {
        double step = Double.parseDouble(f.metadata().get("step"));
        for (TensorEntry t : f.tensors()) {
          float[] all = new float[FLOATS];
          Arrays.fill(all, (float) step);
          assertEquals(-1, Arrays.mismatch(all, t.toFloats()), t.name());
        }
        assertEquals(4, f.names().size());
      }
    }
    Writer.save(file, 0);
    try (Stream<Path> left = Files.list(dir)) {
      assertEquals(List.of(file), left.toList(), "stale temporaries are cleaned up");
    }
  }

  /** Saves checkpoints, numbered, until it is killed. */
  static final class Writer {
    public static void main(String[] args) throws IOException {
      for (int step = 1; ; step++) {
        save(Path.of(args[0]), step);
      }
    }

    static void save(Path file, int step) throws IOException {
      float[] values = new float[FLOATS];
      Arrays.fill(values, step);
      MemorySegment data = MemorySegment.ofArray(values);
      List<TensorEntry> tensors =
          Stream.of("a", "b", "c", "d")
              .map(n -> new TensorEntry(n, StoredType.F32, new long[] {FLOATS}, data.asReadOnly()))
              .toList();
      SafetensorsWriter.write(file, Map.of("step", Integer.toString(step)), tensors);
    }
  }
}
