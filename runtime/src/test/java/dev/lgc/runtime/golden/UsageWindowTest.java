package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Codebook usage is the share of the codebook among the last codes, however large a batch is. */
@Tag("backend")
final class UsageWindowTest {
  private static final int CODES = 16;
  private static final int WINDOW = 20;
  private static final Request.Optimizer ADAM =
      new Request.Optimizer(0.9, 0.95, 1e-8, 0, 1.0, false);

  private static final String QUANTIZER =
      """
      import "vq.arch"

      model Quantizer() {
        quantize = VectorQuantizer(%d, 4, usage_window: %d)
        forward codes(x: [b, 4, 2, 2]) -> int[b, 4] = quantize.encode(x)
        objective quantizing(x: [b, 4, 2, 2]) {
          let (vectors, vq_loss, commit_loss, entropy_loss, usage) = quantize(x)
          report usage = usage
          minimize vq_loss + commit_loss
        }
      }
      """;

  @ParameterizedTest
  @MethodSource("dev.lgc.runtime.golden.GoldenTarget#all")
  void theWindowHoldsTheLastCodesAtAnyBatch(GoldenTarget target) {
    long seed = Long.getLong("lgc.seed", System.nanoTime());
    // A batch below the window, one that fills it exactly, and one that is larger.
    for (int batch : List.of(2, 5, 8)) {
      Random random = new Random(seed);
      CheckedModel model =
          GoldenModels.model(
              Text.format(QUANTIZER, CODES, WINDOW), "Quantizer", Map.of(), Map.of("b", batch));
      List<Double> seen = new ArrayList<>(Collections.nCopies(WINDOW, -1.0));
      try (GoldenTarget.Running run =
          target.open(
              model, new Request.Evaluate("codes"), new Request.Train("quantizing", ADAM, false))) {
        run.store("quantize.embedding.weight", random.doubles(CODES * 4L, -1, 1).toArray());
        run.store("quantize.codebook_used", doubles(seen));
        for (int step = 0; step < 4; step++) {
          Map<String, double[]> x = Map.of("x", random.doubles(batch * 16L, -1, 1).toArray());
          for (double code : run.run("codes", x).get("result")) {
            seen.add(code);
          }
          double usage = run.run("quantizing.gradients", x).get("usage")[0];
          List<Double> window = seen.subList(seen.size() - WINDOW, seen.size());
          Set<Double> used = new HashSet<>(window);
          used.remove(-1.0);
          String where = Text.format("batch %d, step %d, seed %d", batch, step, seed);
          assertArrayEquals(doubles(window), run.stored("quantize.codebook_used"), where);
          assertEquals((double) used.size() / CODES, usage, 1e-6, where);
        }
      }
    }
  }

  private static double[] doubles(List<Double> list) {
    return list.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
