package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code lgc train} on checkpoints that two ranks have written, and something has damaged. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@Tag("backend")
final class DamagedShardsTest {
  private static final int STEPS = 60;
  private static final String NEWEST = "step-00000060";

  @TempDir private Path dir;
  private RankRuns runs;

  /** What happens to the files in a folder. */
  private interface Damage {
    void to(Path folder) throws IOException;
  }

  private static Path shard(Path folder, int step, int number) {
    return folder.resolve("step-000000" + step + ".shard-" + number + "-of-2.safetensors");
  }

  private static void edit(Path file, UnaryOperator<byte[]> change) throws IOException {
    Files.write(file, change.apply(Files.readAllBytes(file)));
  }

  /** Resumes a copy of the run on one process; returns what it says. */
  private String resumed(String name, Damage damage) throws Exception {
    Path folder = Files.createDirectories(dir.resolve(name));
    try (Stream<Path> all = Files.list(dir.resolve("ranks"))) {
      for (Path p : all.filter(Files::isRegularFile).toList()) {
        Files.copy(p, folder.resolve(p.getFileName()));
      }
    }
    damage.to(folder);
    Cli.Result resumed = Cli.run("train", runs.file(name, STEPS, "").toString());
    assertEquals(0, resumed.code(), name + ": " + resumed.err());
    TinyRuns.assertSameTensors(runs.checkpoint("one", STEPS), runs.checkpoint(name, STEPS));
    return resumed.err();
  }

  private void skips(String name, String expected, Damage damage) throws Exception {
    String said = resumed(name, damage);
    List<String> warnings = said.lines().filter(l -> l.startsWith("warning: ")).toList();
    assertTrue(warnings.stream().anyMatch(w -> w.contains(expected)), name + ": " + said);
    assertTrue(said.contains("resuming from step 40"), name + ": " + said);
  }

  @Test
  void theNewestSoundCheckpointIsUsedAndNothingIsLost() throws Exception {
    RankRuns.requireMpi();
    runs = new RankRuns(dir);
    Path run = runs.file("ranks", STEPS, "strategy: fully_sharded");
    try (ChildProcess two = runs.train(run, "--ranks", "2")) {
      assertEquals(0, two.await(), two.said());
    }
    assertEquals(0, Cli.run("train", runs.file("one", STEPS, "").toString()).code());
    String first = NEWEST + ".shard-1-of-2.safetensors";
    String second = NEWEST + ".shard-2-of-2.safetensors";
    skips("cut", second, f -> edit(shard(f, STEPS, 2), b -> Arrays.copyOf(b, b.length - 9)));
    skips(
        "flipped",
        first,
        f ->
            edit(
                shard(f, STEPS, 1),
                b -> {
                  b[b.length - 3] ^= 8;
                  return b;
                }));
    skips("no-index", NEWEST, f -> Files.delete(f.resolve(NEWEST + ".safetensors")));
    skips("fewer", second, f -> Files.delete(shard(f, STEPS, 2)));
    skips(
        "mixed",
        first,
        f -> Files.copy(shard(f, 40, 1), shard(f, STEPS, 1), StandardCopyOption.REPLACE_EXISTING));
    String more =
        resumed(
            "more",
            f -> Files.copy(shard(f, STEPS, 1), f.resolve(NEWEST + ".shard-3-of-3.safetensors")));
    assertFalse(more.contains("from step 40"), more);
  }
}
