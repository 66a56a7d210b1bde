package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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

  @BeforeEach
  void requireMpi() throws InterruptedException {
    try {
      new ProcessBuilder("mpirun", "--version").start().waitFor();
    } catch (IOException e) {
      abort("no mpirun: install openmpi-bin");
    }
  }

  private Path run(String folder, int steps, String settings) throws IOException {
    Path file = dir.resolve(folder + ".yaml");
    Files.writeString(
        file,
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: drawn, count: 40, held_out: 5}
            batch: 8
            steps: %d
            shards: 2
            seed: 7
            threads: 1
            log: {held_out_every: 20}
            checkpoint: {dir: %s, every: 20, keep: 100000}
            %s
            """,
            TinyRuns.arch(), steps, folder, settings));
    return file;
  }

  private Path checkpoint(String folder, int step) {
    return dir.resolve(folder).resolve(Text.format("step-%08d.safetensors", step));
  }

  private ChildProcess train(Path run, String... more) throws Exception {
    return ChildProcess.lgc(
        dir,
        Stream.concat(Stream.of("train", run.toString()), Stream.of(more)).toArray(String[]::new));
  }

  private void alone(Path run) throws Exception {
    try (ChildProcess one = train(run)) {
      assertEquals(0, one.await(), one.said());
    }
  }

  private static long errors(ChildProcess child) {
    return child.err().lines().filter(l -> l.startsWith("error")).count();
  }

  @Test
  void twoRanksTrainTheBitsOfOneProcessAndSpeakWithOneVoice() throws Exception {
    alone(run("one", 20, ""));
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
      awaitSteps("stopped", 20, child);
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
      awaitSteps("group", 20, child);
      child.sendToGroup("TERM");
      assertEquals(143, child.await(), child.said());
      assertTrue(child.err().contains("interrupted: saved after step "), child.said());
    }
    int done = newest("group");
    try (ChildProcess child = train(run, "--ranks", "2")) {
      awaitSteps("group", done / 20 * 20 + 20, child);
      ChildProcess.send("TERM", child.rank(1));
      assertEquals(143, child.await(), child.said());
      assertTrue(child.err().contains("interrupted: saved after step "), child.said());
      assertEquals(0, errors(child), child.said());
    }
  }

  /** Faults of each kind: more where there is time. */
  private static int faults() {
    return Integer.getInteger("lgc.fuzz.seconds", 0) > 0 ? 50 : 3;
  }

  @Test
  @Timeout(value = 40, unit = TimeUnit.MINUTES)
  void aRunThatLosesRanksAgainAndAgainHasTheBitsOfOneThatNeverDid() throws Exception {
    long seed = Long.getLong("lgc.fuzz.seed", System.nanoTime());
    System.out.println("lost ranks: seed " + seed);
    Random random = new Random(seed);
    List<String> signals = new ArrayList<>();
    for (int i = 0; i < faults(); i++) {
      signals.addAll(List.of("KILL", "STOP"));
    }
    Collections.shuffle(signals, random);
    String strategy = random.nextBoolean() ? "fully_sharded" : "data_parallel";
    System.out.println("lost ranks: " + strategy);
    Path run = run("lossy", 1_000_000, "strategy: " + strategy);
    String restarts = Integer.toString(signals.size());
    try (ChildProcess child = train(run, "--ranks", "2", "--restarts", restarts)) {
      for (int i = 0; i < signals.size(); i++) {
        awaitSteps("lossy", newest("lossy") + 20, child);
        Thread.sleep(random.nextInt(400));
        ChildProcess.send(signals.get(i), child.rank(random.nextInt(2)));
        while (!child.err().contains("restart " + (i + 1) + " of ")) {
          assertTrue(child.isAlive(), "seed " + seed + ": " + child.said());
          Thread.sleep(20);
        }
      }
      awaitSteps("lossy", newest("lossy") + 20, child);
      child.send("TERM");
      assertEquals(143, child.await(), "seed " + seed + ": " + child.said());
    }
    int done = newest("lossy") / 20 * 20;
    try (ChildProcess one = train(run("unharmed", 1_000_000, ""))) {
      awaitSteps("unharmed", done, one);
      one.send("TERM");
      assertEquals(143, one.await(), one.said());
    }
    TinyRuns.assertSameTensors(checkpoint("unharmed", done), checkpoint("lossy", done));
  }

  /** The step of the newest checkpoint; 0 if there is none. */
  private int newest(String folder) throws IOException {
    if (!Files.exists(dir.resolve(folder))) {
      return 0;
    }
    try (Stream<Path> files = Files.list(dir.resolve(folder))) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.matches("step-\\d{8}\\.safetensors"))
          .mapToInt(f -> Integer.parseInt(f.substring(5, 13)))
          .max()
          .orElse(0);
    }
  }

  private void awaitSteps(String folder, int steps, ChildProcess child) throws Exception {
    while (newest(folder) < steps) {
      assertTrue(child.isAlive(), child.said());
      Thread.sleep(10);
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
