package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A model that rules codes out by logits of minus infinity draws among the others, with guidance
 * and without. The null class rules out another code than the classes do.
 */
@Tag("backend")
final class MaskedGenerationTest {
  private static final String ALL = "dev.lgc.runtime.golden.GoldenTarget#all";
  private static final int SAMPLES = 2;
  private static final int CODES = 9;
  private static final int LENGTH = 5;
  private static final int NULL = 3;
  private static final double[] LABELS = {0, 2};
  private static final double NO = Double.NEGATIVE_INFINITY;

  private final long seed = Long.getLong("lgc.seed", System.nanoTime());

  /** How the codes are drawn. */
  private record Settings(double guidance, double temperature, int topK, double topP) {}

  @ParameterizedTest
  @MethodSource(ALL)
  void onlyCodesThatNeitherSideRulesOutAreDrawn(GoldenTarget target) throws IOException {
    String text = Files.readString(Path.of("src/test/resources/models/masked-head.arch"));
    CheckedModel two = GoldenModels.model(text, "Masked", Map.of(), Map.of("b", SAMPLES));
    CheckedModel four = GoldenModels.model(text, "Masked", Map.of(), Map.of("b", 2 * SAMPLES));
    try (GoldenTarget.Running guided = open(target, two, true);
        GoldenTarget.Running plain = open(target, two, false);
        GoldenTarget.Running whole = target.open(four, new Request.Evaluate("scores"))) {
      Random random = new Random(seed);
      for (Storage s : two.storage()) {
        double[] v = random.doubles(s.type().shape().elements(), -1, 1).toArray();
        for (GoldenTarget.Running run : new GoldenTarget.Running[] {guided, plain, whole}) {
          run.store(s.path(), v);
        }
      }
      for (double guidance : new double[] {0, 1, 1.75, 4}) {
        for (Settings s :
            new Settings[] {
              new Settings(guidance, 0, 0, 1),
              new Settings(guidance, 1, 0, 1),
              new Settings(guidance, 1, 3, 1),
              new Settings(guidance, 1, 0, 0.6),
              new Settings(guidance, 1, CODES, 0.9)
            }) {
          draw(guided, whole, s);
        }
      }
      draw(plain, whole, new Settings(1, 1, 3, 0.8));
    }
  }

  private static GoldenTarget.Running open(GoldenTarget target, CheckedModel m, boolean guided) {
    return target.open(m, new Request.Generate("codes", guided, true, true));
  }

  private void draw(GoldenTarget.Running run, GoldenTarget.Running whole, Settings s) {
    double[][] codes = new double[SAMPLES][LENGTH];
    double[][] logits = new double[LENGTH][];
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("label", LABELS);
    inputs.put("guidance", new double[] {s.guidance()});
    inputs.put("temperature", new double[] {s.temperature()});
    inputs.put("top_k", new double[] {s.topK()});
    inputs.put("top_p", new double[] {s.topP()});
    for (int p = 0; p < LENGTH; p++) {
      double[] key = new double[4 * SAMPLES];
      for (int row = 0; row < SAMPLES; row++) {
        key[4 * row] = (int) seed;
        key[4 * row + 2] = row;
        key[4 * row + 3] = p;
      }
      inputs.put("key", key);
      inputs.put("position", new double[] {p - 1});
      Map<String, double[]> out = run.run(p == 0 ? "codes.prefill" : "codes.step", inputs);
      logits[p] = out.get("logits");
      double[] token = out.get("token");
      for (int row = 0; row < SAMPLES; row++) {
        codes[row][p] = token[row];
      }
      inputs.put("token", token);
    }
    check(whole, s, codes, logits);
  }

  /** Compares with the whole sequence's logits, guided here. */
  private void check(GoldenTarget.Running whole, Settings s, double[][] codes, double[][] logits) {
    int drawn = LENGTH - 1;
    double[] all = new double[2 * SAMPLES * drawn];
    double[] labels = new double[2 * SAMPLES];
    for (int row = 0; row < 2 * SAMPLES; row++) {
      labels[row] = row < SAMPLES ? LABELS[row] : NULL;
      System.arraycopy(codes[row % SAMPLES], 0, all, row * drawn, drawn);
    }
    double[] scores = whole.run("scores", Map.of("drawn", all, "label", labels)).get("result");
    for (int row = 0; row < SAMPLES; row++) {
      for (int p = 0; p < LENGTH; p++) {
        String where = Text.format("%s, sample %d, code %d, seed %d", s, row, p, seed);
        double[] expected = new double[CODES];
        for (int k = 0; k < CODES; k++) {
          double with = scores[(row * LENGTH + p) * CODES + k];
          double without = scores[((SAMPLES + row) * LENGTH + p) * CODES + k];
          boolean on = s.guidance() != 1;
          boolean no = k == LABELS[row] || on && k == NULL || p > 0 && k == codes[row][p - 1];
          expected[k] = no ? NO : on ? without + s.guidance() * (with - without) : with;
          double found = logits[p][row * CODES + k];
          if (no) {
            assertEquals(NO, found, where);
          } else {
            assertEquals(expected[k], found, 1e-4, where);
          }
        }
        int code = (int) codes[row][p];
        assertTrue(code >= 0 && expected[code] > NO, where + ": drew " + code);
        double[] sorted = expected.clone();
        Arrays.sort(sorted);
        int places = s.temperature() == 0 ? 1 : s.topK() == 0 ? CODES : s.topK();
        assertTrue(expected[code] >= sorted[CODES - places] - 1e-4, where + ": drew " + code);
      }
    }
  }
}
