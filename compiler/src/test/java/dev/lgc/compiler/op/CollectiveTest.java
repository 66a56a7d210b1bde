package dev.lgc.compiler.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class CollectiveTest {
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextLong());
  private final Random random = new Random(SEED);

  @Test
  void ranksAreGroupedByStride() {
    RankGroup neighbours = new RankGroup(4, 1);
    RankGroup across = new RankGroup(2, 4);
    assertEquals(List.of(4, 5, 6, 7), neighbours.ranks(6));
    assertEquals(2, neighbours.place(6));
    assertEquals(List.of(2, 6), across.ranks(6));
    assertEquals(1, across.place(6));
    assertEquals(List.of(5), new RankGroup(1, 3).ranks(5));
    assertTrue(across.divides(8) && across.divides(16));
    assertFalse(across.divides(4) || across.divides(12) || across.divides(0));
    assertThrows(IllegalArgumentException.class, () -> new RankGroup(3, 1));
    assertThrows(IllegalArgumentException.class, () -> new RankGroup(2, 0));
  }

  @Test
  void shapesFollowTheSizeOfTheGroup() {
    RankGroup g = new RankGroup(4, 2);
    TensorType x = TensorType.f32(8, 3);
    assertEquals(TensorType.f32(32, 3), new AllGather(g).infer(List.of(x)));
    assertEquals(TensorType.f32(2, 3), new ReduceScatter(g).infer(List.of(x)));
    assertEquals(x, new AllReduce(g).infer(List.of(x)));
    TensorType half = x.withDType(DType.BF16);
    assertEquals(TensorType.f32(2, 3), new ReduceScatter(g).infer(List.of(half)));
    assertEquals(x, new AllReduce(g).infer(List.of(half)));
    assertEquals(TensorType.i32(16), new AllGather(g).infer(List.of(TensorType.i32(4))));
    refuses(new ReduceScatter(g), TensorType.f32(6, 4));
    refuses(new ReduceScatter(g), TensorType.i32(8));
    refuses(new AllReduce(g), TensorType.i32(8));
    refuses(new AllGather(g), TensorType.f32());
  }

  private static void refuses(Collective c, TensorType x) {
    assertThrows(IllegalArgumentException.class, () -> c.infer(List.of(x)));
  }

  @Test
  void blocksGoToTheirPlacesInTheGroup() {
    RankGroup across = new RankGroup(2, 2);
    List<double[]> x = Stream.of(0, 1, 2, 3).map(r -> new double[] {10 * r, 10 * r + 1}).toList();
    List<double[]> gathered = results(new AllGather(across), TensorType.i32(2), x);
    assertArrayEquals(new double[] {0, 1, 20, 21}, gathered.get(0));
    assertArrayEquals(new double[] {10, 11, 30, 31}, gathered.get(1));
    assertArrayEquals(gathered.get(0), gathered.get(2));
    assertArrayEquals(gathered.get(1), gathered.get(3));
    List<double[]> scattered = results(new ReduceScatter(across), TensorType.f32(2), x);
    assertEquals(
        List.of(20.0, 40.0, 22.0, 42.0), scattered.stream().map(block -> block[0]).toList());
  }

  @Test
  void sumsAreBalancedTrees() {
    // One after the other, or in another tree, these are other numbers.
    assertArrayEquals(new double[] {0}, sum(1e8, 1, -1e8, 1));
    assertArrayEquals(new double[] {2}, sum(1e8, -1e8, 1, 1));
    assertArrayEquals(new double[] {0}, sum(1, 1e8, 1, -1e8));
    for (int ranks : new int[] {2, 4, 8, 16}) {
      double[] x = random.doubles(ranks, -1, 1).map(v -> (float) v).toArray();
      float[] level = new float[ranks];
      IntStream.range(0, ranks).forEach(i -> level[i] = (float) x[i]);
      for (int n = ranks; n > 1; n /= 2) {
        for (int i = 0; i < n / 2; i++) {
          level[i] = level[2 * i] + level[2 * i + 1];
        }
      }
      assertArrayEquals(new double[] {level[0]}, sum(x), "seed " + SEED);
    }
  }

  @Test
  void sumsOfSpecialValuesAreThoseOfAdditions() {
    double infinity = Double.POSITIVE_INFINITY;
    assertTrue(Double.isNaN(sum(1, Double.NaN)[0]));
    assertTrue(Double.isNaN(sum(infinity, -infinity)[0]));
    assertEquals(infinity, sum(Float.MAX_VALUE, Float.MAX_VALUE)[0]);
    assertEquals(-0.0, sum(-0.0)[0]); // of one rank there is no addition
    assertEquals(0.0, sum(-0.0, 0.0)[0]);
  }

  private static double[] sum(double... x) {
    AllReduce all = new AllReduce(RankGroup.all(x.length));
    List<double[]> ranks = Arrays.stream(x).mapToObj(v -> new double[] {v}).toList();
    List<double[]> sums = results(all, TensorType.f32(1), ranks);
    sums.forEach(s -> assertArrayEquals(sums.getFirst(), s));
    return sums.getFirst();
  }

  private static List<double[]> results(Collective c, TensorType type, List<double[]> x) {
    GraphBuilder b = new GraphBuilder();
    int y = b.add(c, b.add(new Input("x", type)));
    Graph g = Verifier.verified(b.build("g", Map.of("y", y), Map.of()));
    return outputs(g, Precision.AS_TYPED, x.stream().map(v -> Map.of("x", v)).toList(), "y");
  }

  private static List<double[]> outputs(
      Graph g, Precision p, List<Map<String, double[]>> inputs, String name) {
    List<Map<String, double[]>> stored = Collections.nCopies(inputs.size(), Map.of());
    return new Interpreter(g, p)
        .run(inputs, stored).stream().map(r -> r.outputs().get(name)).toList();
  }

  @Test
  void sumsOfBf16AreThoseOfTheSameNumbersInF32() {
    int ranks = 8;
    List<double[]> x = new ArrayList<>();
    for (int r = 0; r < ranks; r++) {
      double[] any = random.doubles(16, -1, 1).toArray();
      x.add(Arrays.stream(any).map(v -> Rounding.to(DType.BF16, v)).toArray());
    }
    RankGroup all = RankGroup.all(ranks);
    for (Collective c : List.of(new AllReduce(all), new ReduceScatter(all))) {
      List<double[]> wide = results(c, TensorType.f32(16), x);
      List<double[]> narrow = results(c, TensorType.f32(16).withDType(DType.BF16), x);
      for (int r = 0; r < ranks; r++) {
        assertArrayEquals(wide.get(r), narrow.get(r), 0, c + ", seed " + SEED);
      }
    }
  }

  @Test
  void aRankAloneHasNoGroup() {
    GraphBuilder b = new GraphBuilder();
    int y = b.add(new AllReduce(RankGroup.all(2)), b.add(new Input("x", TensorType.f32())));
    Graph g = b.build("g", Map.of("y", y), Map.of());
    Map<String, double[]> inputs = Map.of("x", new double[1]);
    assertThrows(
        IllegalArgumentException.class,
        () -> Interpreter.run(g, Precision.AS_TYPED, inputs, Map.of()));
  }

  @Test
  void gradientsAreThoseOfTheSumOfAllLosses() {
    for (RankGroup g : List.of(new RankGroup(4, 1), new RankGroup(2, 1), new RankGroup(2, 2))) {
      for (Collective c : List.of(new AllGather(g), new ReduceScatter(g), new AllReduce(g))) {
        compare(c, DType.F32, 4);
        compare(c, DType.BF16, 4);
      }
    }
    compare(new AllGather(new RankGroup(2, 4)), DType.F32, 8);
  }

  /** The loss of a rank: a random combination of what the collective makes of squares. */
  private void compare(Collective c, DType operand, int ranks) {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(4, 2)));
    int y = b.add(c, b.cast(b.mul(x, x), operand));
    int weights = b.add(new Input("weights", b.type(y)));
    int loss = b.sum(b.mul(b.mul(y, y), weights));
    int gradient = Autodiff.gradients(b, loss, List.of(x))[0];
    Graph all = b.build("gradient", Map.of("loss", loss, "gradient", gradient), Map.of());
    Verifier.verified(all);
    List<Map<String, double[]>> inputs = new ArrayList<>();
    for (int r = 0; r < ranks; r++) {
      int elements = (int) b.type(y).shape().elements();
      double[] w = random.doubles(elements, -1, 1).toArray();
      inputs.add(Map.of("x", random.doubles(8, -1, 1).toArray(), "weights", w));
    }
    List<double[]> gradients = outputs(all, Precision.DOUBLE, inputs, "gradient");
    double h = 1e-5;
    for (int r = 0; r < ranks; r++) {
      double[] values = inputs.get(r).get("x");
      for (int k = 0; k < values.length; k++) {
        double old = values[k];
        values[k] = old + h;
        double above = total(outputs(all, Precision.DOUBLE, inputs, "loss"));
        values[k] = old - h;
        double below = total(outputs(all, Precision.DOUBLE, inputs, "loss"));
        values[k] = old;
        double expected = (above - below) / (2 * h);
        String message = c + " on " + ranks + ", rank " + r + ", seed " + SEED;
        assertEquals(expected, gradients.get(r)[k], 1e-6 * (1 + Math.abs(expected)), message);
      }
    }
  }

  private static double total(List<double[]> losses) {
    return losses.stream().mapToDouble(l -> l[0]).sum();
  }

  @Test
  void dataParallelGradientsAreThoseOfTheWholeBatch() {
    int ranks = 4;
    Map<String, double[]> whole = new HashMap<>();
    whole.put("x", random.doubles(8L * 3, -1, 1).toArray());
    whole.put("w", random.doubles(2 * 3, -1, 1).toArray());
    Graph unsharded = objective(8, (b, gradient) -> gradient);
    double[] expected = outputs(unsharded, Precision.DOUBLE, List.of(whole), "gradient").getFirst();
    List<Map<String, double[]>> shards = new ArrayList<>();
    for (int r = 0; r < ranks; r++) {
      double[] x = Arrays.copyOfRange(whole.get("x"), 6 * r, 6 * r + 6);
      shards.add(Map.of("x", x, "w", whole.get("w")));
    }
    RankGroup all = RankGroup.all(ranks);
    Sum atOnce = (b, gradient) -> b.add(new AllReduce(all), gradient);
    Sum inBlocks =
        (b, gradient) -> {
          int padded = b.concat(0, b.reshape(gradient, 6), b.fill(0, TensorType.f32(2)));
          int blocks = b.add(new AllGather(all), b.add(new ReduceScatter(all), padded));
          return b.reshape(b.slice(blocks, 0, 0, 6), Shape.of(2, 3));
        };
    for (Sum sum : List.of(atOnce, inBlocks)) {
      Graph sharded = objective(2, sum);
      for (double[] gradient : outputs(sharded, Precision.DOUBLE, shards, "gradient")) {
        assertArrayEquals(expected, gradient, 1e-12, "seed " + SEED);
      }
    }
  }

  /** The sum of a gradient over ranks. */
  private interface Sum {
    int of(GraphBuilder b, int gradient);
  }

  /** The gradient of a sum of cubes over a batch. */
  private static Graph objective(int batch, Sum sum) {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(batch, 3)));
    int w = b.add(new Input("w", TensorType.f32(2, 3)));
    int y = b.contract("bi,oi->bo", x, w);
    int loss = b.sum(b.mul(y, b.mul(y, y)));
    int gradient = sum.of(b, Autodiff.gradients(b, loss, List.of(w))[0]);
    return Verifier.verified(b.build("gradient", Map.of("gradient", gradient), Map.of()));
  }

  @Test
  void gradientsThroughShardedWeightsAreSharded() {
    // Fully sharded: each rank has two of eight rows of the weights and gathers the others.
    int ranks = 4;
    RankGroup all = RankGroup.all(ranks);
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(3)));
    int block = b.add(new Stored("w", TensorType.f32(2, 3)));
    int y = b.contract("i,oi->o", x, b.add(new AllGather(all), block));
    int loss = b.sum(b.mul(y, y));
    int gradient = Autodiff.gradients(b, loss, List.of(block))[0];
    Graph g = Verifier.verified(b.build("g", Map.of("gradient", gradient), Map.of()));
    double[] w = random.doubles(8 * 3, -1, 1).toArray();
    List<Map<String, double[]>> inputs = new ArrayList<>();
    List<Map<String, double[]>> stored = new ArrayList<>();
    for (int r = 0; r < ranks; r++) {
      inputs.add(Map.of("x", random.doubles(3, -1, 1).toArray()));
      stored.add(Map.of("w", Arrays.copyOfRange(w, 6 * r, 6 * r + 6)));
    }
    List<Interpreter.Result> results = new Interpreter(g, Precision.DOUBLE).run(inputs, stored);
    for (int row = 0; row < 8; row++) {
      for (int i = 0; i < 3; i++) {
        double expected = 0;
        for (Map<String, double[]> in : inputs) {
          double[] v = in.get("x");
          double dot = v[0] * w[3 * row] + v[1] * w[3 * row + 1] + v[2] * w[3 * row + 2];
          expected += 2 * dot * v[i];
        }
        double[] of = results.get(row / 2).outputs().get("gradient");
        assertEquals(expected, of[row % 2 * 3 + i], 1e-12, "seed " + SEED);
      }
    }
  }
}
