package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The parts of a transformer, one by one. */
@Tag("backend")
final class LayersTest {
  private static final String ALL = "dev.lgc.runtime.golden.GoldenTarget#all";

  private static final String PARTS =
      """
      import "llamagen.arch"

      model Parts() {
        norm = RMSNorm(64)
        ffn = FeedForward(64, multiple_of: 32)
        label = LabelEmbedder(10, 8, 0.1)

        forward rms(x: [3, 7, 64]) -> [3, 7, 64] = norm(x)
        forward feed(x: [3, 7, 64]) -> [3, 7, 64] = ffn(x)
        forward embed(shown: int[5]) -> [5, 1, 8] = label(shown)
        forward turn(x: [2, 17, 64]) -> [2, 17, 64] = rotate(x, rope_2d(4, 16, 10000.0, 1))
        forward whole(x: [16, 15]) -> [16, 15] = drop_path(x, 0.3)

        objective dropped(x: [16, 15]) {
          let y = drop_path(x, 0.3)
          export y = y
          minimize sum(y * norm.weight[0])
        }
      }
      """;

  private static final String ROPE =
      """
      import "llama.arch"

      model Rope(grid: int, d: int, prefix: int) {
        forward table() -> [prefix + grid * grid, d / 2, 2] = rope_2d(grid, d, 10000.0, prefix)
      }
      """;

  @ParameterizedTest
  @MethodSource(ALL)
  void rotaryTables(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("rope");
    Parity parity = new Parity("rope tables on " + target);
    for (String name : golden.under("freqs.")) {
      String[] sizes = name.split("\\.");
      Map<String, String> parameters =
          Map.of(
              "grid",
              sizes[0].substring(1),
              "d",
              sizes[1].substring(1),
              "prefix",
              sizes[2].substring(1));
      CheckedModel model = GoldenModels.model(ROPE, "Rope", parameters, Map.of());
      try (GoldenTarget.Running run = target.open(model, new Request.Evaluate("table"))) {
        double[] table = run.run("table", Map.of()).get("result");
        parity.forward(name, golden.get("freqs." + name), table);
      }
    }
    parity.check();
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void normFeedForwardLabelsAndRotation(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("layers");
    GoldenFile rope = GoldenFile.open("rope");
    Map<String, double[]> x = Map.of("x", golden.get("rms.x"));
    try (GoldenTarget.Running run =
        target.open(
            GoldenModels.model(PARTS),
            new Request.Evaluate("rms"),
            new Request.Evaluate("feed"),
            new Request.Evaluate("embed"),
            new Request.Evaluate("turn"),
            new Request.Evaluate("whole"))) {
      run.store("norm.weight", golden.get("rms.w"));
      run.load(golden, "ffn.w", "ffn.w");
      run.store("label.embedding_table.weight", golden.get("label.table"));
      new Parity("layers on " + target)
          .forward("rms", golden.get("rms.y"), run.run("rms", x).get("result"))
          .forward("ffn", golden.get("ffn.y"), run.run("feed", x).get("result"))
          .forward(
              "labels",
              golden.get("label.emb"),
              run.run("embed", Map.of("shown", golden.get("label.dropped"))).get("result"))
          .forward(
              "rotary",
              rope.get("rotary.y"),
              run.run("turn", Map.of("x", rope.get("rotary.x"))).get("result"))
          .forward(
              "drop path outside training",
              golden.get("droppath.y_eval"),
              run.run("whole", Map.of("x", golden.get("droppath.x"))).get("result"))
          .check();
    }
  }

  /** The reference's own draw cannot be repeated, but its scaling can: a sample is 0 or x / 0.7. */
  @ParameterizedTest
  @MethodSource(ALL)
  void aDroppedPathIsDroppedForAWholeSample(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("layers");
    double[] x = golden.get("droppath.x");
    Request train =
        new Request.Train("dropped", new Request.Optimizer(0.9, 0.95, 1e-8, 0, 0, false), false);
    try (GoldenTarget.Running run = target.open(GoldenModels.model(PARTS), train)) {
      double[] key = {5, 6, 7, 8};
      double[] y = run.run("dropped.gradients", Map.of("x", x, "key", key)).get("y");
      for (int sample = 0; sample < 16; sample++) {
        int from = sample * 15;
        boolean kept = DoubleStream.of(y).skip(from).limit(15).anyMatch(v -> v != 0);
        for (int i = from; i < from + 15; i++) {
          assertEquals(kept ? x[i] / 0.7 : 0, y[i], 1e-6 * Math.abs(x[i]));
        }
      }
    }
  }
}
