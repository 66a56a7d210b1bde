package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.dist.ThreadRanks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of several ranks, each a thread: they have the bits of a run of one rank. */
@Tag("backend")
final class RankedTrainingTest {
  private static final int STEPS = 20;

  @TempDir private Path dir;

  /** With two objectives, an export, a buffer and dropout. */
  private RunFile tokenizer(String folder, String settings) {
    return TinyRuns.tokenizer(
        dir,
        Text.format(
            """
            batch: 8
            steps: %d
            seed: 7
            ema: 0.9
            optimizer: {lr: 1e-2, clip: 0.5}
            log: {every: 2, held_out_every: 2}
            checkpoint: {dir: %s, every: 2}
            %s
            """,
            STEPS, folder, settings));
  }

  private RunFile generator(String folder, String settings) {
    return TinyRuns.run(dir, text(folder, settings));
  }

  private static String text(String folder, String settings) {
    return Text.format("model: {arch: \"%s\", name: TinyGenerator}\n", TinyRuns.arch())
        + Text.format(
            """
            codes: {path: train.codes}
            batch: 8
            steps: %d
            seed: 3
            optimizer: {lr: 1e-2, clip: 0.5}
            log: {every: 2}
            checkpoint: {dir: %s, every: 2}
            %s
            """,
            STEPS, folder, settings);
  }

  private Path last(String folder) {
    return dir.resolve(folder).resolve(Text.format("step-%08d.safetensors", STEPS));
  }

  /** The numbers that rank 0 logs, but how long they took. */
  private static final class Log implements TrainListener {
    final List<String> rows = new ArrayList<>();

    @Override
    public void metrics(long done, Map<String, Double> values) {
      Map<String, Double> all = new LinkedHashMap<>(values);
      all.remove("samples_per_second");
      rows.add(done + " " + all);
    }

    @Override
    public void heldOut(long done, Map<String, Double> losses) {
      rows.add(done + " held out " + losses);
    }
  }

  /** Trains on some ranks until {@code stop} steps are done; returns what each logs. */
  private static List<List<String>> train(int ranks, Function<Ranks, RunFile> run, long stop) {
    return ThreadRanks.run(
        ranks,
        r -> {
          Log log = new Log();
          RunFile file = run.apply(r);
          Trainer.requireSameSettings(r, file, "this");
          TrainJob job = TrainJob.of(file, r);
          Trainer.requireSamePlan(r, job);
          try (CpuDevice device = new CpuDevice(1, r);
              Trainer trainer = new Trainer(job, device, r, log)) {
            trainer.requireSameRun(job);
            // Only the last rank is told to stop, as by a signal.
            trainer.run(() -> r.rank() == r.size() - 1 && trainer.done() >= stop);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return log.rows;
        });
  }

  private static List<String> train(int ranks, RunFile run) {
    return train(ranks, r -> run, STEPS).getFirst();
  }

  private void assertSameBits(Function<String, RunFile> runs, String name, int... ranks) {
    List<String> alone = train(1, runs.apply(name + "1"));
    for (int n : ranks) {
      assertEquals(alone, train(n, runs.apply(name + n)), name + " on " + n + " ranks");
      TinyRuns.assertSameTensors(last(name + "1"), last(name + n));
    }
  }

  @Test
  void aTokenizerHasTheSameBitsOnAnyNumberOfRanks() {
    assertSameBits(f -> tokenizer(f, "shards: 4"), "t", 2, 4);
    assertSameBits(f -> tokenizer(f, "shards: 4\nmicro_batches: 2"), "parts", 2, 4);
    assertSameBits(f -> tokenizer(f, "shards: 4\nprecision: bf16"), "mixed", 2, 4);
  }

  @Test
  void aGeneratorHasTheSameBitsOnAnyNumberOfRanks() {
    String[] classes = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    TinyCodes.write(dir.resolve("train.codes"), classes);
    assertSameBits(f -> generator(f, "shards: 4"), "g", 2, 4);
    assertSameBits(f -> generator(f, "shards: 4\nprecision: bf16\nmicro_batches: 2"), "m", 4);
    assertSameBits(f -> generator(f, "shards: 4\nprecision: bf16\ngradients: bf16"), "r", 2, 4);
  }

  /** Every way to store what is trained, by its settings and the number of ranks. */
  private static final Map<String, Integer> STRATEGIES =
      Map.of(
          "strategy: fully_sharded", 2,
          "strategy: fully_sharded ", 4,
          "strategy: hybrid\ngroup: 2", 4,
          "strategy: hybrid\ngroup: 4", 4);

  private void assertSameBitsInBlocks(BiFunction<String, String, RunFile> runs) {
    List<String> alone = train(1, runs.apply("alone", ""));
    STRATEGIES.forEach(
        (settings, ranks) -> {
          String folder = settings.replaceAll("\\W", "") + ranks;
          assertEquals(alone, train(ranks, runs.apply(folder, settings)), folder);
          TinyRuns.assertSameTensors(last("alone"), last(folder));
          assertSamePictures("alone", folder);
        });
  }

  private void assertSamePictures(String one, String other) {
    Path a = dir.resolve(one).resolve("samples");
    Path b = dir.resolve(other).resolve("samples");
    try {
      assertEquals(Files.exists(a), Files.exists(b));
      for (int step = 5; Files.exists(a) && step < STEPS; step += 5) {
        String name = Text.format("step-%08d.png", step);
        assertEquals(-1, Files.mismatch(a.resolve(name), b.resolve(name)), other + " " + name);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void gradientsInBf16HaveTheSameBitsInBlocks() throws IOException {
    String[] classes = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    TinyCodes.write(dir.resolve("train.codes"), classes);
    String settings = "shards: 4\nprecision: bf16\ngradients: bf16\n";
    assertSameBitsInBlocks((f, more) -> generator(f, settings + more));
  }

  @Test
  void aTokenizerInBlocksHasTheSameBits() {
    assertSameBitsInBlocks(
        (f, more) ->
            tokenizer(f, "shards: 4\nmicro_batches: 2\nsamples: {every: 5, count: 3}\n" + more));
  }

  @Test
  void aGeneratorInBlocksHasTheSameBits() throws IOException {
    RunFile tokenizer = tokenizer("t", "");
    train(1, tokenizer);
    TinyCodes.make(tokenizer, dir.resolve("t"), dir.resolve("train.codes"));
    String settings = "shards: 4\nprecision: bf16\nsamples: {every: 5, count: 3, tokenizer: t}\n";
    assertSameBitsInBlocks((f, more) -> generator(f, settings + more));
  }

  @Test
  void settingsThatRanksReadDifferentlyAreNamedFirst() {
    RunFile one = tokenizer("differ", "shards: 2\nstrategy: fully_sharded");
    RunFile other = tokenizer("differ", "shards: 2");
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () ->
                ThreadRanks.run(
                    2,
                    r -> {
                      Trainer.requireSameSettings(r, r.rank() == 0 ? one : other, "this");
                      return 0;
                    }));
    SharedFailure why = assertInstanceOf(SharedFailure.class, e.getCause());
    assertTrue(
        why.getMessage().contains("ranks 0 and 1 differ in the setting `strategy`"), why::toString);
  }

  /** A rank whose folder or data fail ends all, in order: none takes its text for another's. */
  @Test
  void aRankThatCannotBeginEndsAllInOrder() throws IOException {
    String[] classes = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    TinyCodes.write(dir.resolve("train.codes"), classes);
    Path elsewhere = Files.createDirectories(dir.resolve("no-codes"));
    for (String begun : new String[] {"fresh", "begun"}) {
      String settings = "shards: 2\nstrategy: fully_sharded\n";
      if (begun.equals("begun")) {
        train(2, r -> generator(begun, settings), 4);
        copy(dir.resolve(begun), elsewhere.resolve(begun));
      }
      for (int lacking = 0; lacking < 2; lacking++) {
        int rank = lacking;
        RunFile here = generator(begun, settings);
        RunFile there = TinyRuns.run(elsewhere, text(begun, settings));
        IllegalStateException e =
            assertThrows(
                IllegalStateException.class,
                () -> train(2, r -> r.rank() == rank ? there : here, STEPS));
        SharedFailure why = assertInstanceOf(SharedFailure.class, e.getCause(), e.toString());
        assertTrue(why.getMessage().contains("train.codes"), why::toString);
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path f : files.filter(Files::isRegularFile).toList()) {
        Files.copy(f, to.resolve(f.getFileName()));
      }
    }
  }

  @Test
  void aRunMayGoOnWithAnotherNumberOfRanks() {
    train(1, tokenizer("whole", "shards: 4"));
    int[] ranks = {4, 1, 2};
    for (int i = 0; i < ranks.length; i++) {
      // Without the setting, as many shards as the run began with.
      RunFile run = tokenizer("moved", "");
      train(ranks[i], r -> run, i + 1 < ranks.length ? i + 1 : STEPS);
    }
    TinyRuns.assertSameTensors(last("whole"), last("moved"));
  }

  @Test
  void ranksThatSeeOtherCodesDoNotStart() throws IOException {
    String[] classes = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    TinyCodes.write(dir.resolve("train.codes"), classes);
    Path elsewhere = Files.createDirectories(dir.resolve("elsewhere"));
    classes[3] = "z";
    TinyCodes.write(elsewhere.resolve("train.codes"), classes);
    RunFile here = generator("here", "shards: 2");
    RunFile there = TinyRuns.run(elsewhere, text("here", "shards: 2"));
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class, () -> train(2, r -> r.rank() == 0 ? here : there, STEPS));
    SharedFailure why = assertInstanceOf(SharedFailure.class, e.getCause());
    assertTrue(why.getMessage().contains("ranks 0 and 1 differ in the data"), e.toString());
  }

  @Test
  void aDamagedBufferOfOneRankIsSkippedByAll() throws IOException {
    train(2, tokenizer("damaged", "shards: 2"));
    byte[] bytes = Files.readAllBytes(last("damaged"));
    bytes[bytes.length - 2] ^= 1; // the last tensor is one of rank 1's
    Files.write(last("damaged"), bytes);
    train(2, tokenizer("damaged", "shards: 2"));
    train(2, tokenizer("sound", "shards: 2"));
    TinyRuns.assertSameTensors(last("sound"), last("damaged"));
  }

  @Test
  void ranksThatSeeOtherDataDoNotStart() {
    String setting = "data: {kind: drawn, count: %d}\n";
    RunFile more = run(Text.format(setting, 48));
    RunFile fewer = run(Text.format(setting, 40));
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class, () -> train(2, r -> r.rank() == 0 ? more : fewer, STEPS));
    SharedFailure why = assertInstanceOf(SharedFailure.class, e.getCause());
    assertTrue(
        why.getMessage().contains("ranks 0 and 1 differ in the setting `data`"), e.toString());
  }

  private RunFile run(String data) {
    return TinyRuns.run(
        dir,
        Text.format("model: {arch: \"%s\", name: TinyTokenizer}\n", TinyRuns.arch())
            + data
            + "batch: 8\nsteps: 2\ncheckpoint: {dir: none, every: 2}\n");
  }

  @Test
  void numbersThatAreNotFiniteEndAllRanksInOrder() {
    RunFile run = wild();
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> train(2, r -> run, STEPS));
    SharedFailure why = assertInstanceOf(SharedFailure.class, e.getCause());
    assertTrue(why.getMessage().contains("train on one rank"), why.getMessage());
  }

  private RunFile wild() {
    return TinyRuns.run(
        dir,
        Text.format("model: {arch: \"%s\", name: TinyTokenizer}\n", TinyRuns.arch())
            + "data: {kind: drawn, count: 40}\nbatch: 8\nsteps: 50\n"
            + "optimizer: {lr: 1e30, clip: 0}\ncheckpoint: {dir: wild, every: 50}\n");
  }

  @Test
  void aNumberOfRanksThatShardsCannotBeSharedByIsRefused() {
    RunFile four = tokenizer("four", "shards: 4");
    assertEquals(
        4, ThreadRanks.run(4, r -> TrainJob.of(four, r).parts().ranks()).getFirst().intValue());
    for (int n : new int[] {3, 8}) {
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class, () -> ThreadRanks.run(n, r -> TrainJob.of(four, r)));
      UserError why = assertInstanceOf(UserError.class, e.getCause());
      assertTrue(why.getMessage().contains(n + " ranks, `shards: 4`"), why.getMessage());
    }
  }
}
