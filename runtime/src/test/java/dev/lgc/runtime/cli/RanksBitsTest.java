package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.SafetensorsWriter;
import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tokenizer with a discriminator and LPIPS, and a generator of its codes, trained by {@code lgc
 * train} on 1, 2 and 4 ranks in every strategy: the files of all have the bits of one process. The
 * short form of this is in {@link RanksTrainTest}.
 */
@EnabledIfSystemProperty(named = "lgc.test.bits", matches = "true")
@Timeout(value = 2, unit = TimeUnit.HOURS)
@Tag("backend")
final class RanksBitsTest {
  private static final int SECONDS = 600;
  private static final int[] WIDTHS = {4, 8, 8, 16, 16};

  private static final String MODELS =
      """
      import "llamagen.arch"

      variant BitTokenizer of VQ {
        image         = 16
        multipliers   = [1, 2, 2]
        ch            = 8
        res_blocks    = 1
        z             = 16
        codes         = 64
        entropy_ratio = 0.1
        usage_window  = 512
        lpips_widths  = [4, 8, 8, 16, 16]
        disc_width    = 8
        disc_layers   = 2
        disc_start    = 5
        disc_adaptive = true
        **.groups     = 4
      }

      variant BitGenerator of ClassToImage {
        size        = (2, 4, 32)
        tokenizer   = BitTokenizer
        image       = 16
        classes     = 10
        multiple_of = 16
      }
      """;

  /** A way to store what is trained, on a number of ranks. */
  private record Way(String name, int ranks, String settings) {}

  private static final List<Way> WAYS =
      List.of(
          new Way("parallel2", 2, "strategy: data_parallel"),
          new Way("parallel4", 4, "strategy: data_parallel"),
          new Way("hybrid4", 4, "strategy: hybrid\ngroup: 2"),
          new Way("sharded2", 2, "strategy: fully_sharded"),
          new Way("sharded4", 4, "strategy: fully_sharded"));

  /** A kind of model, with what its run file says. */
  private enum Kind {
    TOKENIZER(
        20,
        """
        model: {arch: bits.arch, name: BitTokenizer}
        data: {kind: drawn, count: 40, held_out: 5}
        weights: {lpips: lpips.safetensors}
        optimizer: {kind: adam, lr: 1e-3}
        log: {every: 1, held_out_every: 10}
        samples: {every: 10, count: 2}
        """),
    GENERATOR(
        50,
        """
        model: {arch: bits.arch, name: BitGenerator}
        codes: {path: train.codes, held_out: val.codes}
        optimizer: {lr: 1e-3, weight_decay: 0.05}
        log: {every: 1, held_out_every: 25}
        samples: {every: 25, count: 2, tokenizer: TOKENIZER-f32-one}
        """);

    final int steps;
    final String settings;

    Kind(int steps, String settings) {
      this.steps = steps;
      this.settings = settings;
    }
  }

  @TempDir private Path dir;

  @BeforeEach
  void prepare() throws Exception {
    RankRuns.requireMpi();
    Files.writeString(dir.resolve("bits.arch"), MODELS);
    writeLpips(dir.resolve("lpips.safetensors"));
  }

  /** Random weights of LPIPS: positive where it weighs features. */
  private static void writeLpips(Path file) throws IOException {
    Random random = new Random(3);
    List<TensorEntry> all = new ArrayList<>();
    int[][] convs = {{0, 2}, {5, 7}, {10, 12, 14}, {17, 19, 21}, {24, 26, 28}};
    int inputs = 3;
    for (int stage = 0; stage < convs.length; stage++) {
      for (int conv : convs[stage]) {
        String name = Text.format("net.slice%d.%d.", stage + 1, conv);
        double spread = Math.sqrt(2.0 / (9 * inputs));
        all.add(tensor(random, name + "weight", spread, WIDTHS[stage], inputs, 3, 3));
        all.add(tensor(random, name + "bias", 0.1, WIDTHS[stage]));
        inputs = WIDTHS[stage];
      }
      all.add(tensor(random, Text.format("lin%d.model.1.weight", stage), -1, 1, inputs, 1, 1));
    }
    SafetensorsWriter.write(file, Map.of(), all);
  }

  private static TensorEntry tensor(Random random, String name, double spread, long... shape) {
    float[] values = new float[(int) LongStream.of(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      double g = random.nextGaussian();
      values[i] = (float) (spread < 0 ? Math.abs(g) : spread * g);
    }
    return new TensorEntry(name, StoredType.F32, shape, MemorySegment.ofArray(values));
  }

  private void lgc(String... args) throws Exception {
    // Other children of tests start soon, but compute slowly.
    List<String> flags = List.of("-XX:TieredStopAtLevel=4");
    try (ChildProcess child = ChildProcess.of(dir, flags, Main.class, args)) {
      assertEquals(0, child.await(SECONDS), child.said());
    }
  }

  private void train(Kind kind, String folder, int ranks, int steps, String settings)
      throws Exception {
    Path run =
        Files.writeString(
            dir.resolve(folder + ".yaml"),
            kind.settings
                + Text.format(
                    """
                    batch: 8
                    steps: %d
                    seed: 7
                    threads: 1
                    ema: 0.9
                    checkpoint: {dir: %s, every: 10, keep: 9}
                    %s
                    """,
                    steps, folder, settings));
    if (ranks == 1) {
      lgc("train", run.toString());
    } else {
      lgc("train", run.toString(), "--ranks", Integer.toString(ranks));
    }
  }

  private Path checkpoint(String folder, int step) {
    return dir.resolve(folder).resolve(Text.format("step-%08d.safetensors", step));
  }

  private Path whole(Kind kind, String folder) throws Exception {
    Path whole = dir.resolve(folder + ".safetensors");
    if (!Files.exists(whole)) {
      String saved = checkpoint(folder, kind.steps).toString();
      lgc("checkpoint", "consolidate", saved, "-o", whole.toString());
    }
    return whole;
  }

  private static void requireSameFile(Path one, Path other) throws IOException {
    assertEquals(-1, Files.mismatch(one, other), other + " differs");
  }

  /** Requires the same weights, moments and averages, losses and pictures. */
  private void requireSame(Kind kind, String one, String other) throws Exception {
    TinyRuns.assertSameTensors(checkpoint(one, kind.steps), checkpoint(other, kind.steps));
    requireSameFile(whole(kind, one), whole(kind, other));
    assertEquals(TinyRuns.rows(dir.resolve(one)), TinyRuns.rows(dir.resolve(other)), other);
    assertTrue(TinyRuns.rows(dir.resolve(one)).size() >= kind.steps);
    try (Stream<Path> drawn = Files.list(dir.resolve(one).resolve("samples"))) {
      List<Path> all = drawn.toList();
      assertTrue(all.size() >= 2, all.toString());
      for (Path p : all) {
        requireSameFile(p, dir.resolve(other).resolve("samples").resolve(p.getFileName()));
      }
    }
    if (kind == Kind.GENERATOR) {
      requireSameFile(drawn(one), drawn(other));
    }
  }

  /** Codes that are drawn from the newest checkpoint of a run, as its ranks have written it. */
  private Path drawn(String folder) throws Exception {
    Path codes = dir.resolve(folder + ".json");
    if (Files.exists(codes)) {
      return codes;
    }
    String tokenizer = dir.resolve("TOKENIZER-f32-one").toString();
    String generator = dir.resolve(folder).toString();
    lgc(
        "sample",
        "-g",
        generator,
        "-t",
        tokenizer,
        "--any-tokenizer",
        "-n",
        "8",
        "--tokens-out",
        codes.toString());
    return codes;
  }

  private void everyWay(Kind kind, String precision) throws Exception {
    String start = Text.format("precision: %s\nshards: 4\n", precision);
    String name = kind + "-" + precision + "-";
    for (Way w : WAYS) {
      train(kind, name + w.name(), w.ranks(), kind.steps, start + w.settings());
      requireSame(kind, name + "one", name + w.name());
      System.out.println(name + w.name() + ": the bits of one process");
    }
  }

  private void one(Kind kind, String precision) throws Exception {
    String start = Text.format("precision: %s\nshards: 4\n", precision);
    train(kind, kind + "-" + precision + "-one", 1, kind.steps, start);
  }

  /** A run that goes on with 1 rank and then with 2, and one that leaves its sums to MPI. */
  private void resumedAndByTheLibrary(Kind kind) throws Exception {
    Map<Integer, Integer> until = new LinkedHashMap<>();
    until.put(4, 10);
    until.put(1, kind.steps - 10);
    until.put(2, kind.steps);
    if (kind == Kind.TOKENIZER) {
      until.put(1, 15);
    }
    String moved = kind + "-moved";
    for (Map.Entry<Integer, Integer> e : until.entrySet()) {
      String strategy = e.getKey() == 2 ? "data_parallel" : "fully_sharded";
      train(kind, moved, e.getKey(), e.getValue(), "shards: 4\nstrategy: " + strategy);
    }
    TinyRuns.assertSameTensors(
        checkpoint(kind + "-f32-one", kind.steps), checkpoint(moved, kind.steps));
    System.out.println(moved + ": 4, 1 and 2 ranks have the bits of one process");
    for (int ranks : new int[] {2, 4}) {
      String folder = kind + "-library" + ranks;
      train(kind, folder, ranks, kind.steps, "shards: 4\nreduction: library");
      double most =
          TinyRuns.difference(
              checkpoint(kind + "-f32-one", kind.steps), checkpoint(folder, kind.steps));
      System.out.println(folder + ": differs by " + most + " of a tensor's largest");
      assertTrue(most <= 1e-5, folder + ": " + most);
    }
  }

  @Test
  void everyNumberOfRanksTrainsTheBitsOfOneProcess() throws Exception {
    one(Kind.TOKENIZER, "f32");
    String run = dir.resolve("TOKENIZER-f32-one.yaml").toString();
    String codes = dir.resolve("train.codes").toString();
    lgc("tokenize", run, "-o", codes, "--held-out", dir.resolve("val.codes").toString());
    one(Kind.TOKENIZER, "bf16");
    one(Kind.GENERATOR, "f32");
    one(Kind.GENERATOR, "bf16");
    for (Kind kind : Kind.values()) {
      everyWay(kind, "f32");
      everyWay(kind, "bf16");
    }
    for (Kind kind : Kind.values()) {
      resumedAndByTheLibrary(kind);
    }
  }
}
