package dev.lgc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Input;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class SamplingTest {
  private static final int ROWS = 4;
  private static final int CODES = 64;
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextLong());

  private final Random random = new Random(SEED);
  private final GraphBuilder b = new GraphBuilder();
  private final int logits = b.add(new Input("logits", TensorType.f32(ROWS, CODES)));

  private int scalar(String name, DType dtype) {
    return b.add(new Input(name, new TensorType(dtype, Shape.SCALAR)));
  }

  private double[] run(int value, Map<String, double[]> inputs) {
    return Interpreter.run(
            b.build("g", Map.of("y", value), Map.of()), Precision.AS_TYPED, inputs, Map.of())
        .outputs()
        .get("y");
  }

  private double[] values(boolean tied) {
    double[] v = new double[ROWS * CODES];
    Arrays.setAll(
        v, i -> tied ? Math.rint(2 * random.nextGaussian()) : (float) (3 * random.nextGaussian()));
    return v;
  }

  @Test
  void topKKeepsTheKLargestAndTheirTies() {
    int kept = Sampling.topK(b, logits, scalar("k", DType.I32));
    for (boolean tied : new boolean[] {false, true}) {
      for (int k : new int[] {0, 1, 2, 5, 10, 63, 64, 100}) {
        double[] v = values(tied);
        double[] expected = new double[v.length];
        for (int row = 0; row < ROWS; row++) {
          double[] sorted = Arrays.copyOfRange(v, row * CODES, (row + 1) * CODES);
          Arrays.sort(sorted);
          double threshold = sorted[k == 0 ? 0 : CODES - Math.min(k, CODES)];
          for (int i = row * CODES; i < (row + 1) * CODES; i++) {
            expected[i] = v[i] >= threshold ? v[i] : Double.NEGATIVE_INFINITY;
          }
        }
        double[] found = run(kept, Map.of("logits", v, "k", new double[] {k}));
        assertArrayEquals(expected, found, "k " + k + ", ties " + tied + ", seed " + SEED);
      }
    }
  }

  /** Whatever number a model rules codes out by, top-k is precise among the others. */
  @Test
  void topKPassesOverCodesThatAreRuledOut() {
    int kept = Sampling.topK(b, logits, scalar("k", DType.I32));
    for (double no : new double[] {Double.NEGATIVE_INFINITY, -1e4, -1e9, -Float.MAX_VALUE}) {
      for (int k : new int[] {1, 2, 7, 20}) {
        double[] v = values(false);
        for (int i = 0; i < v.length; i += 2) {
          v[i] = no;
        }
        double[] expected = new double[v.length];
        for (int row = 0; row < ROWS; row++) {
          double[] sorted = Arrays.copyOfRange(v, row * CODES, (row + 1) * CODES);
          Arrays.sort(sorted);
          for (int i = row * CODES; i < (row + 1) * CODES; i++) {
            expected[i] = v[i] >= sorted[CODES - k] ? v[i] : Double.NEGATIVE_INFINITY;
          }
        }
        double[] found = run(kept, Map.of("logits", v, "k", new double[] {k}));
        assertArrayEquals(expected, found, "k " + k + ", ruled out by " + no + ", seed " + SEED);
      }
      double[] few = new double[ROWS * CODES];
      Arrays.fill(few, no);
      few[0] = few[CODES + 1] = few[2 * CODES + 2] = few[3 * CODES + 3] = 1;
      assertArrayEquals(few, run(kept, Map.of("logits", few, "k", new double[] {CODES})));
    }
  }

  @Test
  void topPKeepsTheFirstPastTheThreshold() {
    int kept = Sampling.topP(b, logits, scalar("p", DType.F32));
    for (double p : new double[] {0.01, 0.3, 0.5, 0.8, 0.95, 1}) {
      double[] v = values(false);
      double[] expected = new double[v.length];
      for (int row = 0; row < ROWS; row++) {
        int from = row * CODES;
        double total = 0;
        for (int i = 0; i < CODES; i++) {
          total += Math.exp(v[from + i]);
        }
        for (int i = 0; i < CODES; i++) {
          double above = 0;
          for (int j = 0; j < CODES; j++) {
            above += v[from + j] > v[from + i] ? Math.exp(v[from + j]) / total : 0;
          }
          expected[from + i] = above <= p ? v[from + i] : Double.NEGATIVE_INFINITY;
        }
      }
      double[] found = run(kept, Map.of("logits", v, "p", new double[] {p}));
      assertArrayEquals(expected, found, "p " + p + ", seed " + SEED);
    }
  }

  @Test
  void topPAfterTopKSeesOnlyWhatWasKept() {
    int k = Sampling.topK(b, logits, scalar("k", DType.I32));
    int kept = Sampling.topP(b, k, scalar("p", DType.F32));
    double[] v = new double[ROWS * CODES];
    for (int i = 0; i < v.length; i++) {
      v[i] = -(i % CODES);
    }
    // Of the first two, the first has e / (e + 1) = 0.73.
    double[] found =
        run(kept, Map.of("logits", v, "k", new double[] {2}, "p", new double[] {0.7f}));
    assertEquals(0, found[0]);
    assertEquals(Double.NEGATIVE_INFINITY, found[1]);
  }

  @Test
  void guidanceOfOneIsExactlyTheConditionalRow() {
    int guided = Sampling.guide(b, logits, scalar("guidance", DType.F32));
    double[] v = values(false);
    double[] one = run(guided, Map.of("logits", v, "guidance", new double[] {1}));
    assertArrayEquals(Arrays.copyOf(v, one.length), one);
    double[] two = run(guided, Map.of("logits", v, "guidance", new double[] {2}));
    int half = ROWS / 2 * CODES;
    assertEquals(2 * v[0] - v[half], two[0], 1e-5);
  }

  /** Guided logits of every pair of conditional and unconditional ones, by guidance. */
  private double[][] guided(double[] conditional, double[] unconditional, double guidance) {
    int n = conditional.length;
    int m = unconditional.length;
    GraphBuilder g = new GraphBuilder();
    int rows = g.add(new Input("rows", TensorType.f32(2, n * m)));
    int by = g.add(new Input("by", TensorType.f32()));
    double[] v = new double[2 * n * m];
    for (int i = 0; i < n * m; i++) {
      v[i] = conditional[i / m];
      v[n * m + i] = unconditional[i % m];
    }
    double[] flat =
        Interpreter.run(
                g.build("g", Map.of("y", Sampling.guide(g, rows, by)), Map.of()),
                Precision.AS_TYPED,
                Map.of("rows", v, "by", new double[] {guidance}),
                Map.of())
            .outputs()
            .get("y");
    double[][] table = new double[n][];
    Arrays.setAll(table, i -> Arrays.copyOfRange(flat, i * m, (i + 1) * m));
    return table;
  }

  @Test
  void whatEitherSideRulesOutStaysRuledOut() {
    double no = Double.NEGATIVE_INFINITY;
    for (double guidance : new double[] {-1, 0, 0.5, 1.5, 7.5}) {
      double[][] g = guided(new double[] {no, 2}, new double[] {no, -3}, guidance);
      assertArrayEquals(new double[] {no, no}, g[0], "guidance " + guidance);
      assertEquals(no, g[1][0], "guidance " + guidance);
      assertEquals(-3 + guidance * 5, g[1][1], "guidance " + guidance);
    }
    double[][] off = guided(new double[] {no, 2}, new double[] {no, -3}, 1);
    assertArrayEquals(new double[][] {{no, no}, {2, 2}}, off, "without guidance, the conditional");
  }

  @Test
  void guidanceHidesNeitherNaNNorInfinity() {
    double[] unsound = {Double.NaN, Double.POSITIVE_INFINITY};
    double[] any = {Double.NEGATIVE_INFINITY, 2, Double.NaN, Double.POSITIVE_INFINITY};
    for (double guidance : new double[] {0.5, 1.5, 7.5}) {
      for (double[][] g : List.of(guided(unsound, any, guidance), guided(any, unsound, guidance))) {
        for (double[] row : g) {
          for (double x : row) {
            // An infinity may come with either sign; minus infinity alone would pass for a ruling.
            assertTrue(Double.isNaN(x) || Math.abs(x) > 1e38, Arrays.deepToString(g));
          }
        }
      }
    }
  }

  @Test
  void finiteLogitsAreGuidedByTheFormulaToTheBit() {
    double[] conditional = new double[40];
    double[] unconditional = new double[40];
    Arrays.setAll(conditional, i -> (float) (Math.scalb(random.nextGaussian(), i % 20)));
    Arrays.setAll(unconditional, i -> (float) (Math.scalb(random.nextGaussian(), i % 17)));
    double[][] g = guided(conditional, unconditional, 1.75);
    for (int i = 0; i < 40; i++) {
      for (int j = 0; j < 40; j++) {
        float c = (float) conditional[i];
        float u = (float) unconditional[j];
        assertEquals(u + 1.75f * (c - u), (float) g[i][j], 0f, "seed " + SEED);
      }
    }
  }

  @Test
  void drawsFollowTheProbabilities() {
    int key = b.add(new Input("key", TensorType.i32(ROWS, 4)));
    int drawn = Sampling.draw(b, logits, scalar("temperature", DType.F32), key);
    double[] v = new double[ROWS * CODES];
    Arrays.fill(v, Double.NEGATIVE_INFINITY);
    for (int row = 0; row < ROWS; row++) {
      v[row * CODES + 3] = Math.log(0.75);
      v[row * CODES + 7] = Math.log(0.25);
    }
    int[] counts = new int[CODES];
    int draws = 500;
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("logits", v);
    inputs.put("temperature", new double[] {1});
    for (int i = 0; i < draws; i++) {
      inputs.put("key", keys(i, 0, 1, 2, 3));
      for (double token : run(drawn, inputs)) {
        counts[(int) token]++;
      }
    }
    assertEquals(draws * ROWS, counts[3] + counts[7]);
    assertEquals(0.75, counts[3] / (double) (draws * ROWS), 0.04);
    inputs.put("temperature", new double[] {0});
    assertArrayEquals(new double[] {3, 3, 3, 3}, run(drawn, inputs));
  }

  /** A key for each row, of the samples' numbers. */
  private static double[] keys(int position, int... samples) {
    double[] all = new double[4 * samples.length];
    for (int r = 0; r < samples.length; r++) {
      System.arraycopy(new double[] {1, 2, samples[r], position}, 0, all, 4 * r, 4);
    }
    return all;
  }

  @Test
  void aSampleDrawsTheSameInWhicheverRowItStands() {
    int key = b.add(new Input("key", TensorType.i32(ROWS, 4)));
    int drawn = Sampling.draw(b, logits, scalar("temperature", DType.F32), key);
    double[] flat = new double[ROWS * CODES]; // every code as likely: the numbers alone decide
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("logits", flat);
    inputs.put("temperature", new double[] {1});
    inputs.put("key", keys(5, 10, 11, 12, 13));
    double[] once = run(drawn, inputs);
    inputs.put("key", keys(5, 12, 10, 13, 11));
    double[] moved = run(drawn, inputs);
    assertArrayEquals(new double[] {once[2], once[0], once[3], once[1]}, moved);
    assertEquals(ROWS, Arrays.stream(once).distinct().count(), Arrays.toString(once));
    inputs.put("key", keys(6, 10, 11, 12, 13));
    assertNotEquals(Arrays.toString(once), Arrays.toString(run(drawn, inputs)), "by position");
  }

  @Test
  void nothingIsDrawnFromLogitsThatAreNotFinite() {
    int key = b.add(new Input("key", TensorType.i32(ROWS, 4)));
    int seen = Sampling.exposeNaN(b, logits);
    int kept = Sampling.topK(b, seen, scalar("k", DType.I32));
    kept = Sampling.topP(b, kept, scalar("p", DType.F32));
    int drawn = Sampling.draw(b, kept, scalar("temperature", DType.F32), key);
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("key", keys(0, 0, 1, 2, 3));
    for (double temperature : new double[] {0, 1}) {
      for (int k : new int[] {0, 3, CODES}) {
        for (double p : new double[] {0.5, 1}) {
          double[] v = values(false);
          v[0] = Double.NEGATIVE_INFINITY; // a code that is ruled out is no harm
          v[CODES + random.nextInt(CODES)] = Double.NaN;
          v[2 * CODES + random.nextInt(CODES)] = Double.POSITIVE_INFINITY;
          Arrays.fill(v, 3 * CODES, 4 * CODES, Double.NEGATIVE_INFINITY);
          inputs.put("logits", v);
          inputs.put("k", new double[] {k});
          inputs.put("p", new double[] {p});
          inputs.put("temperature", new double[] {temperature});
          double[] found = run(drawn, inputs);
          String how = Text.format("temperature %s, k %d, p %s, seed %d", temperature, k, p, SEED);
          assertTrue(found[0] >= 0, how);
          double none = Sampling.NOTHING;
          assertArrayEquals(
              new double[] {none, none, none}, Arrays.copyOfRange(found, 1, ROWS), how);
        }
      }
    }
  }
}
