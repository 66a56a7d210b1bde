package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code lgc train --ranks N} as users start it, by a real mpirun. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("backend")
final class RanksTrainTest {
  @TempDir private Path dir;
  private RankRuns runs;

  @BeforeEach
  void requireMpi() throws InterruptedException {
    runs = new RankRuns(dir);
    RankRuns.requireMpi();
  }

  private Path run(String folder, int steps, String settings) throws IOException {
    return runs.file(folder, steps, settings);
  }

  private Path checkpoint(String folder, int step) {
    return runs.checkpoint(folder, step);
  }

  private ChildProcess train(Path run, String... more) throws Exception {
    return runs.train(run, more);
  }

  private static long errors(ChildProcess child) {
    return child.err().lines().filter(l -> l.startsWith("error")).count();
  }

  @Test
  void twoRanksTrainTheBitsOfOneProcessAndSpeakWithOneVoice() throws Exception {
    runs.alone(run("one", 20, ""));
    try (ChildProcess two = train(run("two", 20, ""), "--ranks", "2")) {
      assertEquals(0, two.await(), two.said());
      String trained = "trained 20 steps: " + checkpoint("two", 20) + "\n";
      assertEquals(trained, two.out(), two.said());
      assertEquals(1, two.err().lines().filter(l -> l.startsWith("expected: ")).count(), two.err());
    }
    TinyRuns.assertSameTensors(checkpoint("one", 20), checkpoint("two", 20));
    try (ChildProcess two = train(run("parts", 20, "strategy: fully_sharded"), "--ranks", "2")) {
      assertEquals(0, two.await(), two.said());
    }
    assertTrue(Files.exists(dir.resolve("parts/step-00000020.shard-2-of-2.safetensors")));
    TinyRuns.assertSameTensors(checkpoint("one", 20), checkpoint("parts", 20));
    try (ChildProcess two = train(run("library", 20, "reduction: library"), "--ranks", "2")) {
      assertEquals(0, two.await(), two.said());
    }
    TinyRuns.assertNearTensors(checkpoint("one", 20), checkpoint("library", 20), 1e-5);
  }

  @Test
  void sigtermSavesAndEndsAllRanks() throws Exception {
    int steps = 100_000;
    Path run = run("stopped", steps, "");
    try (ChildProcess child = train(run, "--ranks", "2")) {
      runs.awaitSteps("stopped", 20, child);
      child.send("TERM");
      assertEquals(143, child.await(), child.said());
      assertTrue(child.err().contains("interrupted: saved after step "), child.said());
      assertEquals(0, errors(child), child.said());
    }
  }

  @Test
  void ctrlCAtATerminalAndSigtermToOneRankDoTheSame() throws Exception {
    Path run = run("group", 1_000_000, "");
    try (ChildProcess child = train(run, "--ranks", "2")) {
      runs.awaitSteps("group", 20, child);
      child.sendToGroup("TERM");
      assertEquals(143, child.await(), child.said());
      assertTrue(child.err().contains("interrupted: saved after step "), child.said());
    }
    int done = runs.newest("group");
    try (ChildProcess child = train(run, "--ranks", "2")) {
      runs.awaitSteps("group", done / 20 * 20 + 20, child);
      ChildProcess.send("TERM", child.rank(1));
      assertEquals(143, child.await(), child.said());
      assertTrue(child.err().contains("interrupted: saved after step "), child.said());
      assertEquals(0, errors(child), child.said());
    }
  }

  @Test
  void aMistakeIsSaidOnceAndNothingHangs() throws Exception {
    try (ChildProcess child = train(run("three", 20, ""), "--ranks", "3")) {
      assertEquals(1, child.await(), child.said());
      assertEquals(1, errors(child), child.said());
      assertTrue(child.err().contains("3 ranks, `shards: 2`"), child.said());
    }
    Path missing = run("missing", 20, "weights: {lpips: nowhere.safetensors}");
    Path uneven = run("uneven", 20, "micro_batches: 8");
    Path unknown = run("unknown", 20, "shard: 2");
    for (Path wrong : List.of(missing, uneven, unknown)) {
      try (ChildProcess child = train(wrong, "--ranks", "2")) {
        assertEquals(1, child.await(), child.said());
        assertEquals(1, errors(child), child.said());
      }
    }
  }

  @Test
  void withoutMpiItSaysWhatToInstall() throws Exception {
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", dir.toString());
    String run = run("without", 20, "").toString();
    try (ChildProcess child = ChildProcess.lgc(dir, environment, "train", run, "--ranks", "2")) {
      assertEquals(1, child.await(), child.said());
      assertTrue(child.err().contains("openmpi-bin"), child.said());
      assertFalse(child.err().contains("\tat "), child.said());
    }
  }

  @Test
  void ranksGoWithRunsAndNotWithTemplates() throws Exception {
    for (List<String> wrong :
        List.of(
            List.of("train", "--template", "tokenizer", "--ranks", "2"),
            List.of("train", "run.yaml", "--restarts", "2"))) {
      try (ChildProcess child = ChildProcess.lgc(dir, wrong.toArray(String[]::new))) {
        assertEquals(Faults.USAGE, child.await(), child.said());
      }
    }
  }
}
