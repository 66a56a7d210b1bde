package dev.lgc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ranks that store blocks of parameters train the bits of one process that has them whole. */
@Tag("backend")
final class ShardedParametersTest {
  private static final int SHARDS = 4;
  private static final int STEPS = 3;

  /** Two objectives, an export, a buffer, dropout, and parameters of awkward sizes. */
  private static final String SOURCE =
      """
      model Pair(dim: int = 36, wide: int = 40) {
        param enter: [dim, wide] = normal(0.2)
        param norm: [dim] = ones
        param middle: [dim, dim] = normal(0.2)
        param leave: [wide, dim] = normal(0.2)
        param gain: [1] = ones
        param shift: [3] = zeros
        param judge: [1, wide] = normal(0.1)
        buffer seen: [dim] = zeros

        forward restore(x: [b, wide]) -> [b, wide] {
          let h = linear(x, enter) * norm
          let m = dropout(h + linear(silu(h), middle), 0.1)
          return linear(m, leave) * gain + mean(shift)
        }

        objective fit(x: [b, wide]) over enter, norm, middle, leave, gain, shift {
          let y = restore(x)
          update seen = 0.9 * seen + 0.1 * mean(linear(x, enter), axis: 0)
          export restored = y
          minimize mean((x - y) * (x - y)) - 0.1 * mean(linear(y, judge))
        }

        objective tell(x: [b, wide], restored: [b, wide]) over judge {
          minimize mean(relu(1 - linear(x, judge))) + mean(relu(1 + linear(restored, judge)))
        }
      }
      """;

  private static CheckedModel model(int batch) {
    return Language.parse("pair.arch", SOURCE)
        .then(l -> l.elaborate("Pair", Map.of(), Map.of("b", batch)))
        .get();
  }

  private static IntFunction<Map<String, double[]>> data(int batch, int step) {
    return part -> {
      Random random = new Random(1000L * step + part);
      double[] x = random.doubles(40L * batch, -1, 1).map(v -> (float) v).toArray();
      return Map.of("x", x);
    };
  }

  private static RankTraining trained(
      Request.Sharding sharding, int batch, int micros, boolean averaged, Request... more) {
    RankTraining t = new RankTraining(model(batch), sharding, micros, averaged, more);
    for (int step = 0; step < STEPS; step++) {
      t.step(data(batch, step));
    }
    return t;
  }

  private static void assertSame(int batch, int micros, boolean averaged, Request... more) {
    RankTraining one = trained(new Request.Sharding(SHARDS, 1), batch, micros, averaged, more);
    Map<String, double[]> expected = one.whole(0);
    List<Double> losses = one.losses("fit", data(batch, 99).apply(0));
    for (int[] on : new int[][] {{2, 1}, {2, 2}, {4, 1}, {4, 2}, {4, 4}}) {
      RankTraining t =
          trained(new Request.Sharding(SHARDS, on[0], on[1]), batch, micros, averaged, more);
      String what = Text.format("%d ranks in groups of %d", on[0], on[1]);
      assertEquals(one.reported, t.reported, what);
      for (int r = 0; r < on[0]; r++) {
        Map<String, double[]> found = t.whole(r);
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, v) -> assertArrayEquals(v, found.get(name), 0, what + ": " + name));
      }
      for (int s = 0; s < SHARDS; s++) {
        assertArrayEquals(
            one.buffers().get(s).get("seen"), t.buffers().get(s).get("seen"), 0, what);
      }
      for (double loss : t.losses("fit", data(batch, 99).apply(0))) {
        assertEquals(losses.getFirst(), loss, what);
      }
    }
  }

  @Test
  void blocksTrainTheSameBits() {
    assertSame(2, 1, false);
  }

  @Test
  void averagesAreBlocksToo() {
    assertSame(2, 1, true);
  }

  @Test
  void microBatchesAreAddedBeforeBlocksAre() {
    assertSame(2, 3, true);
  }

  @Test
  void parametersInMixedPrecisionAreGatheredInBf16() {
    assertSame(32, 1, false, new Request.MixedPrecision());
    assertSame(32, 2, false, new Request.MixedPrecision());
  }

  @Test
  void gradientsOfShardsAreRoundedOnceWhateverComputesThem() {
    assertSame(2, 1, false, new Request.RoundGradients());
    assertSame(2, 3, true, new Request.RoundGradients());
    assertSame(32, 2, false, new Request.MixedPrecision(), new Request.RoundGradients());
    Request.Sharding one = new Request.Sharding(SHARDS, 1);
    RankTraining exact = trained(one, 2, 1, false);
    RankTraining rounded = trained(one, 2, 1, false, new Request.RoundGradients());
    double norm = exact.reported.getLast();
    assertNotEquals(norm, rounded.reported.getLast());
    assertEquals(norm, rounded.reported.getLast(), 0.02 * norm);
  }

  @Test
  void aBatchOfOneShardIsNotRounded() {
    Request.Sharding one = new Request.Sharding(1, 1);
    RankTraining exact = trained(one, 2, 2, false);
    RankTraining rounded = trained(one, 2, 2, false, new Request.RoundGradients());
    assertEquals(exact.reported, rounded.reported);
  }

  @Test
  void groupsOfRanksAreAlike() {
    assertThrows(IllegalArgumentException.class, () -> new Request.Sharding(4, 2, 4));
    assertThrows(IllegalArgumentException.class, () -> new Request.Sharding(4, 4, 3));
    assertThrows(IllegalArgumentException.class, () -> new Request.Sharding(4, 4, 0));
  }
}
