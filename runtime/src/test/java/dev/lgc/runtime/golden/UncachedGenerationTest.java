package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A causal model without a cached step draws, on every target, what its forward says. */
@Tag("backend")
final class UncachedGenerationTest {
  private static final int ROWS = 2;
  private static final int CODES = 7;
  private static final int LENGTH = 6;

  @ParameterizedTest
  @MethodSource("dev.lgc.runtime.golden.GoldenTarget#all")
  void everyCodeIsTheLikeliestAfterTheCodesBeforeIt(GoldenTarget target) throws IOException {
    long seed = Long.getLong("lgc.seed", System.nanoTime());
    Random random = new Random(seed);
    String text = Files.readString(Path.of("src/test/resources/needs/uncached-step.arch"));
    CheckedModel model = GoldenModels.model(text, "Slow", Map.of(), Map.of("b", ROWS));
    try (GoldenTarget.Running run =
        target.open(
            model,
            new Request.Evaluate("scores"),
            new Request.Generate("codes", true, true, false))) {
      for (Storage s : model.storage()) {
        run.store(s.path(), random.doubles(s.type().shape().elements(), -1, 1).toArray());
      }
      Map<String, double[]> inputs = new HashMap<>();
      inputs.put("label", new double[] {0, 2});
      inputs.put("guidance", new double[] {1});
      inputs.put("temperature", new double[] {0});
      inputs.put("top_k", new double[] {0});
      inputs.put("key", new double[4 * ROWS]);
      double[][] logits = new double[LENGTH][];
      double[] drawn = new double[ROWS * (LENGTH - 1)];
      Map<String, double[]> out = run.run("codes.prefill", inputs);
      for (int p = 0; ; p++) {
        logits[p] = out.get("logits");
        if (p == LENGTH - 1) {
          break;
        }
        for (int row = 0; row < ROWS; row++) {
          drawn[row * (LENGTH - 1) + p] = out.get("token")[row];
        }
        inputs.put("token", out.get("token"));
        inputs.put("position", new double[] {p});
        out = run.run("codes.step", inputs);
      }
      double[] whole =
          run.run("scores", Map.of("drawn", drawn, "label", inputs.get("label"))).get("result");
      for (int row = 0; row < ROWS; row++) {
        for (int p = 0; p < LENGTH; p++) {
          for (int k = 0; k < CODES; k++) {
            assertEquals(
                whole[(row * LENGTH + p) * CODES + k],
                logits[p][row * CODES + k],
                1e-4,
                Text.format("row %d, code %d, seed %d", row, p, seed));
          }
        }
      }
    }
  }
}
