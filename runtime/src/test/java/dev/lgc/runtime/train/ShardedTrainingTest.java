package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeLoader;
import dev.lgc.runtime.data.PictureLoader;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.InterpreterDevice;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.model.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose batches are computed in shards. */
@Tag("backend")
final class ShardedTrainingTest {
  private static final int STEPS = 3;
  private static final int SIDE = 8;

  @TempDir private Path dir;

  /** With two objectives, an export, a buffer and dropout. */
  private RunFile tokenizer(String folder, String settings) {
    return TinyRuns.run(
        dir,
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: drawn, count: 40, held_out: 5}
            batch: 8
            steps: %d
            seed: 7
            checkpoint: {dir: %s, every: 2}
            %s
            """,
            TinyRuns.arch(), STEPS, folder, settings));
  }

  private Path last(String folder) {
    return last(dir.resolve(folder));
  }

  private static Path last(Path folder) {
    return folder.resolve(Text.format("step-%08d.safetensors", STEPS));
  }

  /** The oracle for what some requests of a run ask for. */
  private static Device interpreter(TrainJob job, List<Request> requests) {
    return new InterpreterDevice(
        Compiler.derive(job.model(), requests).graphs(), Precision.AS_TYPED);
  }

  /** Inputs of a run's parts, from its first step on. */
  private interface Data {
    Supplier<Map<String, double[]>> open(TrainJob job, OpenResources opened);
  }

  private static Supplier<Map<String, double[]>> pictures(TrainJob job, OpenResources opened) {
    RunConfig c = job.run().config();
    int samples = job.parts().samples(c);
    PictureSource source = Pictures.open(job.run(), c.data().orElseThrow(), SIDE, c.seed()).train();
    PictureLoader.Settings settings = PictureLoader.Settings.training(samples, SIDE, c.seed());
    return ShardReference.pictures(
        opened.add(new PictureLoader(source, settings, 0)), samples, SIDE);
  }

  private static Supplier<Map<String, double[]>> codes(TrainJob job, OpenResources opened) {
    RunConfig c = job.run().config();
    CodeCache cache = opened.add(CodeCache.open(job.run().resolve(c.codes().orElseThrow().path())));
    CodeLoader loader = new CodeLoader(cache, job.parts().samples(c), c.seed(), 0);
    return ShardReference.codes(loader, cache.info().tokens());
  }

  /** Compares a run with {@link ShardReference}, both on a device of one kind, to the bit. */
  private static void assertAsWrittenDown(
      RunFile run, Data data, BiFunction<TrainJob, List<Request>, Device> devices)
      throws IOException {
    TrainJob job = TrainJob.of(run);
    TinyRuns.train(run, devices.apply(job, job.requests()), new TrainListener() {}, () -> false);
    BatchParts parts = job.parts();
    List<Request> unsharded = ShardReference.requests(job);
    Path folder = run.resolve(run.config().checkpoint().dir());
    OpenResources opened = new OpenResources();
    try (Device device = devices.apply(job, unsharded);
        Session session = Session.open(Compiler.compile(job.model(), unsharded), device);
        SafetensorsFile file = SafetensorsFile.open(last(folder))) {
      ShardReference reference =
          new ShardReference(job, session, parts.shards(), parts.micros(), data.open(job, opened));
      for (int step = 0; step < STEPS; step++) {
        reference.step(step);
      }
      Map<String, double[]> expected = reference.tensors();
      assertEquals(Set.copyOf(expected.keySet()), Set.copyOf(file.names()));
      for (TensorEntry t : file.tensors()) {
        float[] floats = t.toFloats();
        double[] found = new double[floats.length];
        for (int i = 0; i < found.length; i++) {
          found[i] = floats[i];
        }
        assertArrayEquals(expected.get(t.name()), found, 0, t.name());
      }
    } finally {
      opened.close();
    }
  }

  /** With the oracle, with what is emitted, and in mixed precision. */
  private void assertAsWrittenDown(BiFunction<String, String, RunFile> runs, Data data)
      throws IOException {
    int n = 0;
    for (String cut : List.of("shards: 4\nmicro_batches: 1", "shards: 2\nmicro_batches: 2")) {
      String settings = cut + "\noptimizer: {lr: 1e-2, clip: 0}\n";
      assertAsWrittenDown(
          runs.apply("interpreted" + n, settings), data, ShardedTrainingTest::interpreter);
      assertAsWrittenDown(runs.apply("emitted" + n, settings), data, (j, r) -> new CpuDevice(2));
      assertAsWrittenDown(
          runs.apply("mixed" + n, settings + "precision: bf16\n"),
          data,
          (j, r) -> new CpuDevice(2));
      n++;
    }
  }

  @Test
  void theBitsOfATokenizerAreThoseOfTheTreeThatIsWrittenDown() throws IOException {
    assertAsWrittenDown(this::tokenizer, ShardedTrainingTest::pictures);
  }

  @Test
  void theBitsOfAGeneratorAreThoseOfTheTreeThatIsWrittenDown() throws IOException {
    String[] classes = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    TinyCodes.write(dir.resolve("train.codes"), classes);
    assertAsWrittenDown(
        (folder, settings) ->
            TinyRuns.generator(
                dir,
                Text.format(
                    "codes: {path: train.codes}\nbatch: 8\nsteps: %d\nseed: 3\n"
                        + "checkpoint: {dir: %s, every: 2}\n%s",
                    STEPS, folder, settings)),
        ShardedTrainingTest::codes);
  }

  @Test
  void aShardGoesOnFromItsOwnBuffers() throws IOException {
    TinyRuns.train(tokenizer("a", "shards: 4"), new TrainListener() {}, () -> false);
    List<List<Float>> found = new ArrayList<>();
    try (SafetensorsFile file = SafetensorsFile.open(last("a"))) {
      for (String front : List.of("", "shard1:", "shard2:", "shard3:")) {
        List<Float> values = new ArrayList<>();
        for (float x : file.tensor(front + "mean_seen").toFloats()) {
          values.add(x);
        }
        assertFalse(found.contains(values), front);
        found.add(values);
      }
    }
  }

  @Test
  void oneShardIsABatchThatIsWhole() throws IOException {
    TinyRuns.train(tokenizer("one", "shards: 1"), new TrainListener() {}, () -> false);
    TinyRuns.train(tokenizer("none", ""), new TrainListener() {}, () -> false);
    TinyRuns.assertSameTensors(last("one"), last("none"));
  }

  @Test
  void aRunGoesOnWithItsShardsAndWithNoOthers() throws IOException {
    TinyRuns.train(tokenizer("whole", "shards: 4"), new TrainListener() {}, () -> false);
    long[] done = {0};
    TrainListener counting =
        new TrainListener() {
          @Override
          public void step(long now) {
            done[0] = now;
          }
        };
    TinyRuns.train(tokenizer("parts", "shards: 4"), counting, () -> done[0] >= 2);
    for (String other : List.of("shards: 2", "shards: 1", "shards: 8")) {
      String message =
          assertThrows(
                  UserError.class,
                  () -> TinyRuns.train(tokenizer("parts", other), counting, () -> false))
              .getMessage();
      assertTrue(message.contains("a checkpoint of a run with `shards: 4`"), message);
      assertTrue(message.contains("`" + other + "`"), message);
    }
    RunFile unsaid = tokenizer("parts", "");
    assertEquals(4, TrainJob.of(unsaid).parts().shards());
    TinyRuns.train(unsaid, new TrainListener() {}, () -> false);
    TinyRuns.assertSameTensors(last("whole"), last("parts"));
    assertEquals("4", Checkpoint.read(last("parts")).settings().get("shards"));
    String uneven =
        assertThrows(UserError.class, () -> TrainJob.of(tokenizer("parts", "micro_batches: 4")))
            .getMessage();
    assertTrue(uneven.contains("the run began with 4 shards"), uneven);
  }

  @Test
  void aDamagedBufferOfAShardIsNotGoneOnFrom() throws IOException {
    TinyRuns.train(tokenizer("damaged", "shards: 2"), new TrainListener() {}, () -> false);
    Path newest = last("damaged");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length - 2] ^= 1; // the last tensor is one beside those of the session
    Files.write(newest, bytes);
    List<String> warnings = new ArrayList<>();
    TrainListener told =
        new TrainListener() {
          @Override
          public void warn(String text) {
            warnings.add(text);
          }
        };
    TinyRuns.train(tokenizer("damaged", "shards: 2"), told, () -> false);
    assertEquals(1, warnings.size(), warnings.toString());
    assertTrue(warnings.getFirst().contains("shard1:mean_seen"), warnings.toString());
  }

  @Test
  void whatOneShardHasLearnedSeveralBeginWith() throws IOException {
    TinyRuns.train(tokenizer("first", ""), new TrainListener() {}, () -> false);
    RunFile second = tokenizer("second", "shards: 2\nstart_from: first");
    TinyRuns.train(second, new TrainListener() {}, () -> false);
    try (SafetensorsFile before = SafetensorsFile.open(last("first"));
        SafetensorsFile after = SafetensorsFile.open(last("second"))) {
      float[] began = before.tensor("mean_seen").toFloats();
      for (String name : List.of("mean_seen", "shard1:mean_seen")) {
        float[] now = after.tensor(name).toFloats();
        for (int i = 0; i < now.length; i++) {
          // Nine tenths of it is left after each step; what is added is below one.
          assertEquals(began[i] * 0.729, now[i], 0.3, name);
        }
      }
    }
  }
}
