package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.lgc.compiler.pipeline.Request;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ints mean the same on every target, whatever their values. */
@Tag("backend")
final class IntegersTest {
  private static final String ALL = "dev.lgc.runtime.golden.GoldenTarget#all";

  private static final int[] AWKWARD = {
    Integer.MIN_VALUE,
    Integer.MIN_VALUE + 1,
    -100_003,
    -7,
    -2,
    -1,
    0,
    1,
    2,
    3,
    64,
    1_000_000_007,
    Integer.MAX_VALUE - 1,
    Integer.MAX_VALUE
  };

  private static final String MODEL =
      """
      model Ints(n: int = 4) {
        forward divided(x: int[b], y: int[b]) -> int[b] = x / y
        forward rest(x: int[b], y: int[b]) -> int[b] = x % y
        forward chosen(x: int[b], y: int[b]) -> int[b] = where(y != 0, x / y, x)
        forward by_seven(x: int[b], y: int[b]) -> int[b] = x / 7 + y % 7
        forward by_minus_seven(x: int[b], y: int[b]) -> int[b] = x / -7
        forward folded(x: int[b], y: int[b]) -> int[b] = x + full([b], 5, int) / full([b], 0, int)
        forward distance(x: int[b], y: int[b]) -> int[b] = abs(x - y)
        forward total(x: int[b], y: int[b]) -> int[b] = x - broadcast(sum(y), [b])
      }
      """;

  private final long seed = Long.getLong("lgc.seed", System.nanoTime());

  private static int quotient(int x, int y) {
    return y == 0 ? 0 : Math.floorDiv(x, y);
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void everyTargetComputesThem(GoldenTarget target) {
    Random random = new Random(seed);
    int n = AWKWARD.length * AWKWARD.length + 300;
    int[] x = new int[n];
    int[] y = new int[n];
    for (int i = 0; i < n; i++) {
      boolean listed = i < AWKWARD.length * AWKWARD.length;
      x[i] = listed ? AWKWARD[i / AWKWARD.length] : random.nextInt();
      y[i] = listed ? AWKWARD[i % AWKWARD.length] : random.nextInt() >> random.nextInt(32);
    }
    int all = Arrays.stream(y).sum();
    Map<String, IntBinaryOperator> expected =
        Map.of(
            "divided", IntegersTest::quotient,
            "rest", (a, b) -> a - quotient(a, b) * b,
            "chosen", (a, b) -> b == 0 ? a : Math.floorDiv(a, b),
            "by_seven", (a, b) -> Math.floorDiv(a, 7) + Math.floorMod(b, 7),
            "by_minus_seven", (a, b) -> Math.floorDiv(a, -7),
            "folded", (a, b) -> a,
            "distance", (a, b) -> Math.abs(a - b),
            "total", (a, b) -> a - all);
    Map<String, double[]> inputs = Map.of("x", reals(x), "y", reals(y));
    Request[] requests =
        expected.keySet().stream().map(Request.Evaluate::new).toArray(Request[]::new);
    try (GoldenTarget.Running run =
        target.open(GoldenModels.model(MODEL, "Ints", Map.of(), Map.of("b", n)), requests)) {
      expected.forEach(
          (name, f) -> {
            double[] right = new double[n];
            Arrays.setAll(right, i -> f.applyAsInt(x[i], y[i]));
            double[] found = run.run(name, inputs).get("result");
            for (int i = 0; i < n; i++) {
              String what = name + " of " + x[i] + " and " + y[i] + ", seed " + seed;
              assertArrayEquals(new double[] {right[i]}, new double[] {found[i]}, what);
            }
          });
    }
  }

  private static double[] reals(int[] x) {
    return Arrays.stream(x).asDoubleStream().toArray();
  }
}
