package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.Fuzz;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranks that are killed while they write shards leave a checkpoint that is whole. */
@Tag("backend")
final class KilledSavingTest {
  /** {@code -Dlgc.test.kills=20} for a longer run. */
  private static final int KILLS = Integer.getInteger("lgc.test.kills", 4);

  /** A step that is saved again and again. */
  private static final long AGAIN = 7;

  @TempDir private Path dir;

  /**
   * Saves one step after another, from a given one on, until it is killed; or the contents of these
   * as one step, again and again.
   */
  static final class Writer {
    public static void main(String[] args) {
      long first = Long.parseLong(args[1]);
      boolean again = args.length > 2;
      SavingRanks ranks = new SavingRanks(Path.of(args[0]));
      SavingRanks.on(
          4,
          4,
          ranks.run("run", 2),
          rank -> {
            for (long content = first; ; content++) {
              long step = again ? AGAIN : content;
              if (content % 3 == 0) {
                rank.save(step, content);
              } else {
                rank.begin(step, content);
              }
            }
          });
    }
  }

  private Process start(String... args) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                dir.toString()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(dir.resolve("said").toFile())
        .start();
  }

  private String pointer() throws IOException {
    Path latest = dir.resolve("run/latest");
    return Files.exists(latest) ? Files.readString(latest).strip() : "";
  }

  @Test
  void theCheckpointThatLatestNamesIsWholeAtAnyMoment() throws Exception {
    Random random = new Fuzz("killed saving").random();
    CheckpointFolder folder = new CheckpointFolder(dir.resolve("run"));
    long step = 1;
    for (int kill = 0; kill < KILLS; kill++) {
      String before = pointer();
      Process writer = start(String.valueOf(step));
      while (writer.isAlive() && pointer().equals(before)) {
        Thread.sleep(5);
      }
      Thread.sleep(random.nextInt(150));
      assertTrue(writer.isAlive(), () -> said("the writer failed by itself"));
      writer.destroyForcibly().waitFor();
      Path newest = folder.latest(w -> {}).orElseThrow();
      assertEquals(pointer(), newest.getFileName().toString());
      step = requireWhole(newest) + 1;
    }
    SavingRanks ranks = new SavingRanks(dir);
    ranks.saved("run", 4, 4, 2, step + 1);
    Set<String> left = ranks.files("run");
    assertTrue(left.stream().noneMatch(f -> f.endsWith(".tmp")), left.toString());
    assertEquals(1 + 2 * 5, left.size(), left.toString());
  }

  @Test
  void aStepThatIsSavedAgainIsWholeAtAnyMoment() throws Exception {
    Random random = new Fuzz("killed saving again").random();
    SavingRanks ranks = new SavingRanks(dir);
    ranks.saved("run", 4, 4, 2, AGAIN);
    Path file = ranks.checkpoint("run", AGAIN);
    for (int kill = 0; kill < KILLS; kill++) {
      long before = requireWhole(file);
      Process writer = start(String.valueOf(before + 1), "again");
      while (writer.isAlive() && content(file) == before) {
        Thread.sleep(5);
      }
      Thread.sleep(random.nextInt(150));
      assertTrue(writer.isAlive(), () -> said("the writer failed by itself"));
      writer.destroyForcibly().waitFor();
      assertTrue(requireWhole(file) > before);
    }
    ranks.saved("run", 4, 4, 2, AGAIN);
    assertEquals(1 + 5, ranks.files("run").size(), ranks.files("run").toString());
  }

  private String said(String what) {
    try {
      return what + ": " + Files.readString(dir.resolve("said"));
    } catch (IOException e) {
      return what;
    }
  }

  /** Requires that all tensors are those of the step that a checkpoint is of. */
  private static long requireWhole(Path file) {
    long content = content(file);
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      opened.check();
      List<TensorEntry> all = opened.tensors();
      for (TensorEntry t : all) {
        String name = t.name().replaceFirst("^shard\\d:", "");
        for (long i = 0; i < t.elements(); i++) {
          assertEquals(SavingRanks.Rank.value(name, i, content), t.numberAt(i), t.name());
        }
      }
      assertTrue(all.size() > 10, all.toString());
    }
    return content;
  }

  /** The step that the tensors of a checkpoint are of. */
  private static long content(Path file) {
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      return Long.parseLong(Checkpoint.of(opened).facts().get("content"));
    }
  }
}
