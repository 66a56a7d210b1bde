package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.Fuzz;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.train.TinyRuns;
import dev.lgc.runtime.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A whole run that is killed, or interrupted, and started again. */
@Tag("backend")
final class KilledTrainingTest {
  /** {@code -Dlgc.test.kills=20} for a longer run. */
  private static final int KILLS = Integer.getInteger("lgc.test.kills", 4);

  @TempDir private Path dir;

  private String run(String folder, int steps, String more) {
    return Text.format(
        """
        model: {arch: "%s", name: TinyTokenizer}
        data: {kind: drawn, count: 40, held_out: 5}
        batch: 4
        micro_batches: 2
        shards: 2
        steps: %d
        optimizer: {lr: 1e-2}
        ema: 0.9
        seed: 7
        log: {every: 7, held_out_every: 20, held_out_batches: 1}
        checkpoint: {dir: %s, %s}
        """,
        TinyRuns.arch(), steps, folder, more);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text);
  }

  /** How many checkpoints the run has published, as told by its newest; 0 before the first. */
  private static long newest(Path folder) throws IOException {
    Path latest = folder.resolve("latest");
    if (!Files.exists(latest)) {
      return 0;
    }
    String digits = Files.readString(latest).replaceAll("\\D", "");
    return digits.isEmpty() ? 0 : Long.parseLong(digits);
  }

  @Test
  void aRunThatIsKilledAgainAndAgainGivesTheBitsOfOneThatWasNot() {
    assertTimeoutPreemptively(Duration.ofSeconds(30L * KILLS), this::killAgainAndAgain);
  }

  private void killAgainAndAgain() throws Exception {
    int steps = 35 * KILLS;
    TinyRuns.train(
        TinyRuns.run(dir, run("whole", steps, "every: 1000")), new TrainListener() {}, () -> false);
    Path yaml = write("killed.yaml", run("killed", steps, "every: 2, keep: 2"));
    Path folder = dir.resolve("killed");
    Random random = new Fuzz("killed training").random();
    for (int kill = 0; kill < KILLS; kill++) {
      long before = newest(folder);
      // Once while it starts; else after some checkpoints, in whatever it does then.
      long after = kill == 1 ? 0 : 2L * (1 + random.nextInt(6));
      long more = kill == 1 ? random.nextInt(900) : random.nextInt(40);
      try (ChildProcess child = ChildProcess.lgc(dir, "train", yaml.toString())) {
        while (child.isAlive() && newest(folder) < before + after) {
          Thread.sleep(1);
        }
        Thread.sleep(more);
        assertTrue(child.isAlive(), () -> "it ended by itself:\n" + child.said());
        child.kill();
      }
    }
    long killedAt = newest(folder);
    assertTrue(killedAt > 0 && killedAt < steps, "killed at " + killedAt);
    try (ChildProcess child = ChildProcess.lgc(dir, "train", yaml.toString())) {
      assertEquals(0, child.await(), child.said());
      assertTrue(child.err().contains("resuming from step "), child.said());
    }
    String last = Text.format("step-%08d.safetensors", steps);
    TinyRuns.assertSameTensors(dir.resolve("whole").resolve(last), folder.resolve(last));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(
          Stream.of("latest", "loss.png", "metrics.jsonl", last, "tensorboard").toList(),
          files
              .map(p -> p.getFileName().toString())
              .filter(n -> !n.equals(Text.format("step-%08d.safetensors", steps - 2)))
              .filter(n -> !n.equals(".lock")) // stays, and holds nothing once the process is gone
              .sorted()
              .toList(),
          "nothing else is left");
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  @Timeout(value = 120, unit = TimeUnit.SECONDS)
  void ctrlCFinishesTheStepSavesAndSaysSo() throws Exception {
    String samples = "samples: {every: 1, count: 2}\n";
    Path yaml = write("run.yaml", run("stopped", 1_000_000, "every: 900000") + samples);
    Path folder = dir.resolve("stopped");
    try (ChildProcess child = ChildProcess.lgc(dir, "train", yaml.toString())) {
      while (child.isAlive() && !Files.exists(folder.resolve("samples"))) {
        Thread.sleep(1);
      }
      child.interrupt();
      assertEquals(130, child.await(), child.said());
      long step = newest(folder);
      assertTrue(step > 0, child.said());
      assertEquals(
          Text.format("interrupted: saved after step %d of 1000000; start again to resume", step),
          child.err().strip().lines().reduce("", (a, b) -> b));
      assertFalse(child.err().contains("\tat "), child.said());
      assertEquals("", child.out());
      Path file = folder.resolve(Text.format("step-%08d.safetensors", step));
      assertEquals(step, Checkpoint.read(file).step());
    }
  }
}
