package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.Fuzz;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.model.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training that is stopped between two kernels, and goes on. */
@Tag("backend")
final class StoppedTrainingTest {
  private static final int STEPS = 6;
  private static final int STOPS = Integer.getInteger("lgc.stops", 8);

  @TempDir private Path dir;
  private Random random;

  @BeforeEach
  void seed() {
    random = new Fuzz("stopped training").random();
  }

  private RunFile run(String folder, int micros, String log) {
    return run(folder, micros, 1, log);
  }

  private RunFile run(String folder, int micros, int shards, String log) {
    return TinyRuns.tokenizer(
        dir,
        Text.format(
            """
            batch: 4
            micro_batches: %d
            shards: %d
            steps: %d
            optimizer: {lr: 1e-2}
            ema: 0.9
            seed: 7
            log: {every: 2, %s}
            checkpoint: {dir: %s, every: 100}
            samples: {every: 3, count: 2}
            """,
            micros, shards, STEPS, log, folder));
  }

  /** Is asked before every kernel; says yes the {@code n}th time, and from then on. */
  private static final class Countdown implements BooleanSupplier {
    private long left;

    Countdown(long n) {
      this.left = n;
    }

    @Override
    public boolean getAsBoolean() {
      return left-- <= 0;
    }

    boolean over() {
      return left < 0;
    }
  }

  private static long train(RunFile run, TrainListener listener, BooleanSupplier stopNow)
      throws IOException {
    try (CpuDevice device = new CpuDevice(2);
        Trainer trainer = new Trainer(TrainJob.of(run), device, listener)) {
      trainer.run(() -> false, stopNow);
      return trainer.done();
    }
  }

  private static long logged(RunFile run, BooleanSupplier stopNow) throws IOException {
    try (RunLog log =
        new RunLog(new RunFolder(run.resolve(run.config().checkpoint().dir())), false, w -> {})) {
      return train(run, log, stopNow);
    }
  }

  /** The pictures that a run has drawn: their bytes, by name. */
  private Map<String, List<Byte>> pictures(String folder) throws IOException {
    Map<String, List<Byte>> all = new TreeMap<>();
    try (Stream<Path> files = Files.list(dir.resolve(folder).resolve("samples"))) {
      for (Path file : files.toList()) {
        List<Byte> bytes = new ArrayList<>();
        for (byte b : Files.readAllBytes(file)) {
          bytes.add(b);
        }
        all.put(file.getFileName().toString(), bytes);
      }
    }
    return all;
  }

  /** Drawing is work within work: the sampler's own way to be stopped must not hide the run's. */
  @Test
  void theSamplesOfAGeneratorAreGivenUpAndDrawnWhenTheRunGoesOn() throws IOException {
    RunFile tokenizer = run("t", 1, "held_out_every: 2");
    train(tokenizer, new TrainListener() {}, () -> false);
    TinyCodes.make(tokenizer, dir.resolve("t"), dir.resolve("train.codes"));
    String settings =
        """
        codes: {path: train.codes}
        batch: 4
        steps: 1
        samples: {every: 1, count: 6, tokenizer: t}
        checkpoint: {every: 1, dir: %s}
        """;
    RunFile whole = TinyRuns.generator(dir, Text.format(settings, "drawn"));
    WithinTheSamples never = new WithinTheSamples(Long.MAX_VALUE);
    train(whole, never, never);
    long asked = Long.MAX_VALUE - never.left;
    assertTrue(asked > 30, "asked before every kernel: " + asked);
    assertEquals(1, never.drawn);
    RunFile parts = TinyRuns.generator(dir, Text.format(settings, "given-up"));
    for (long left : new long[] {0, random.nextLong(asked / 2), asked / 2}) {
      WithinTheSamples stop = new WithinTheSamples(left);
      assertEquals(1, train(parts, stop, stop));
      assertEquals(0, stop.drawn, "stopped before kernel " + left);
      assertEquals(-1, stop.left, "nothing runs after that");
    }
    train(parts, new TrainListener() {}, () -> false);
    assertEquals(pictures("drawn"), pictures("given-up"));
  }

  /** Says yes the {@code n}th time it is asked after the last step, and from then on. */
  private static final class WithinTheSamples implements TrainListener, BooleanSupplier {
    private long left;
    private int drawn;
    private boolean trained;

    WithinTheSamples(long n) {
      this.left = n;
    }

    @Override
    public void begins(long done, long steps) {
      trained = done == steps;
    }

    @Override
    public void step(long done) {
      trained = true;
    }

    @Override
    public void drawn(long done, Path file) {
      drawn++;
    }

    @Override
    public boolean getAsBoolean() {
      if (trained && left >= 0) {
        left--;
      }
      return left < 0;
    }
  }

  @Test
  void whereverItIsStoppedItSavesWholeStepsAndGoesOnToTheSameBits() throws IOException {
    for (int[] cut : new int[][] {{1, 1}, {2, 1}, {1, 4}, {2, 2}}) {
      String name = cut[0] + "-" + cut[1];
      Countdown never = new Countdown(Long.MAX_VALUE);
      logged(run("whole" + name, cut[0], cut[1], "held_out_every: 2"), never);
      long asked = Long.MAX_VALUE - never.left;
      assertTrue(asked > 30 * STEPS, "asked before every kernel: " + asked);
      String folder = "stopped" + name;
      RunFile run = run(folder, cut[0], cut[1], "held_out_every: 2");
      long done = 0;
      for (int stop = 0; stop < STOPS && done < STEPS; stop++) {
        Countdown some = new Countdown(random.nextLong(asked / 3));
        long now = logged(run, some);
        assertTrue(now >= done, "steps are not lost");
        assertTrue(now == STEPS || some.over(), "it ended as it was asked to");
        done = now;
        if (done > 0) {
          Path saved = dir.resolve(folder).resolve(Text.format("step-%08d.safetensors", done));
          assertTrue(Files.exists(saved), "saved after step " + done);
        }
      }
      logged(run, () -> false);
      assertEquals(TinyRuns.rows(dir.resolve("whole" + name)), TinyRuns.rows(dir.resolve(folder)));
      assertEquals(pictures("whole" + name), pictures(folder));
      String last = Text.format("step-%08d.safetensors", STEPS);
      TinyRuns.assertSameTensors(
          dir.resolve("whole" + name).resolve(last), dir.resolve(folder).resolve(last));
    }
  }

  @Test
  void heldOutLossesOfMillionsOfBatchesAreGivenUp() throws IOException {
    List<Long> measured = new ArrayList<>();
    TrainListener listener =
        new TrainListener() {
          @Override
          public void heldOut(long done, Map<String, Double> losses) {
            measured.add(done);
          }
        };
    RunFile run = run("held", 1, "held_out_every: 1, held_out_batches: 1000000000");
    assertEquals(1, train(run, listener, new Countdown(5000)));
    assertEquals(List.of(), measured);
    assertTrue(Files.exists(dir.resolve("held/step-00000001.safetensors")));
  }

  @Test
  void aLogThatIsNoneIsMovedAside() throws IOException {
    Path folder = Files.createDirectories(dir.resolve("bad-log"));
    String bad = "not a number\n{\"step\":1,\"loss\":2.5}\n";
    Files.writeString(folder.resolve("metrics.jsonl"), bad);
    Files.createFile(folder.resolve("metrics.jsonl.bad")); // from an earlier time
    List<String> warnings = new ArrayList<>();
    try (RunLog log = new RunLog(new RunFolder(folder), false, warnings::add)) {
      assertEquals(STEPS, train(run("bad-log", 1, "held_out_every: 2"), log, () -> false));
    }
    assertEquals(bad, Files.readString(folder.resolve("metrics.jsonl.bad-2")));
    assertEquals(1, warnings.size(), warnings.toString());
    assertTrue(
        warnings
            .getFirst()
            .endsWith(
                "metrics.jsonl: line 1 is not one of a metrics log: it is now metrics.jsonl.bad-2,"
                    + " and a new log begins"),
        warnings.toString());
    assertFalse(TinyRuns.rows(folder).isEmpty());
  }

  @Test
  void picturesAndPlotsThatCannotBeWrittenDoNotEndARun() throws IOException {
    Path folder = Files.createDirectories(dir.resolve("blocked"));
    Files.createFile(folder.resolve("samples")); // in the place of a folder
    Files.createDirectories(folder.resolve("loss.png/in the way"));
    Files.createFile(folder.resolve("tensorboard"));
    List<String> warnings = new ArrayList<>();
    TrainListener warned =
        new TrainListener() {
          @Override
          public void warn(String text) {
            warnings.add(text);
          }
        };
    try (RunLog log = new RunLog(new RunFolder(folder), true, warnings::add)) {
      Listeners both = new Listeners(List.of(log, warned));
      assertEquals(STEPS, train(run("blocked", 1, "held_out_every: 2"), both, () -> false));
    }
    assertTrue(Files.exists(folder.resolve("step-00000006.safetensors")));
    assertTrue(Files.size(folder.resolve("metrics.jsonl")) > 0);
    for (String what :
        List.of("samples", "loss.png is not written", "tensorboard is not written")) {
      assertTrue(warnings.stream().anyMatch(w -> w.contains(what)), what + ": " + warnings);
    }
    assertFalse(warnings.stream().anyMatch(w -> w.contains("\n")), warnings.toString());
    assertEquals(1, warnings.stream().filter(w -> w.contains("loss.png")).count(), "said once");
  }
}
