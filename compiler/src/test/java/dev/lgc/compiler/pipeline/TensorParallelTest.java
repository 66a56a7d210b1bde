package dev.lgc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.rewrite.storage.AxisPart;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ranks that have a part of a model each compute what one rank does that has all of it. */
@Tag("backend")
final class TensorParallelTest {
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextLong());
  private static final int ROWS = 2;
  private static final int LENGTH = 5;

  /** Grouped heads, biases, a norm within heads, a gate in one packed matrix, an odd head. */
  private static final String SOURCE =
      """
      model Draws(heads: int = 8, kv_heads: int = 4, d: int = 4, hidden: int = 24, codes: int = 16) {
        let dim = heads * d
        let n = 5
        param label_table: [4, dim] = normal(0.5)
        param table: [codes, dim] = normal(0.5)
        param wqkv: [(heads + 2 * kv_heads) * d, dim] = normal(0.3)
        param qkv_bias: [(heads + 2 * kv_heads) * d] = normal(0.3)
        param key_gain: [kv_heads, d] = ones
        param wo: [dim, dim] = normal(0.3)
        param wo_bias: [dim] = normal(0.3)
        param gate: [dim, 2 * hidden] = normal(0.3)
        param gate_bias: [2 * hidden] = normal(0.3)
        param down: [dim, hidden] = normal(0.3)
        param norm: [dim] = ones
        param output: [codes, dim] = normal(0.3)
        param output_bias: [codes] = normal(0.3)

        forward logits(drawn: int[b, m], label: int[b]) -> [b, m + 1, codes] {
          let x = concat([reshape(gather(label_table, label), [b, 1, dim]), gather(table, drawn)], axis: 1)
          let y = x * rsqrt(mean(x * x, axis: -1, keep: true) + 1e-5) * norm
          let (q, k, v) = split(linear(y, wqkv) + qkv_bias, [heads * d, kv_heads * d, kv_heads * d], axis: -1)
          let keys = reshape(reshape(k, [b, m + 1, kv_heads, d]) * key_gain, [b, m + 1, kv_heads * d])
          let h = x + linear(attend(q, keys, v, heads, kv_heads, mask: causal), wo) + wo_bias
          let (a, c) = split(einsum("bsi,io->bso", h, gate) + gate_bias, [hidden, hidden], axis: -1)
          return linear(h + linear(silu(a) * c, down), output) + output_bias
        }

        objective fit(codes: int[b, n], label: int[b]) {
          let y = logits(codes[:, :-1], label)
          minimize mean(logsumexp(y, axis: -1) - pick(y, codes))
        }

        generate codes[n] given label: int[b] {
          null label: 3
          return logits(codes, label)
        }
      }
      """;

  private final Random random = new Random(SEED);

  private static CheckedModel model(String source, Map<String, String> parameters) {
    return Language.parse("draws.arch", source)
        .then(l -> l.elaborate("Draws", parameters, Map.of("b", ROWS)))
        .get();
  }

  private Map<String, double[]> weights(CheckedModel model) {
    Map<String, double[]> weights = new HashMap<>();
    for (Storage s : model.storage()) {
      double[] v = new double[(int) s.type().shape().elements()];
      double scale = 1 / Math.sqrt(s.type().shape().dim(-1));
      Arrays.setAll(v, i -> (float) (scale * random.nextGaussian()));
      weights.put(s.path(), v);
    }
    return weights;
  }

  private static final List<Request> DRAWING =
      List.of(new Request.Generate("codes", true, true, false), new Request.Loss("fit"));

  private static Map<String, double[]> sampler(int position) {
    Map<String, double[]> in = new HashMap<>();
    in.put("guidance", new double[] {3});
    in.put("temperature", new double[] {0});
    in.put("top_k", new double[] {0});
    in.put("key", new double[ROWS * 4]);
    in.put("label", new double[] {1, 2});
    in.put("token", new double[ROWS]);
    in.put("position", new double[] {position});
    return in;
  }

  /** Draws on some ranks beside one; every rank has the same outputs, and those of one. */
  private RankGroupSampling assertSame(CheckedModel model, int ranks) {
    Map<String, double[]> weights = weights(model);
    RankGroupSampling one = new RankGroupSampling(model, DRAWING, 1, weights);
    RankGroupSampling some = new RankGroupSampling(model, DRAWING, ranks, weights);
    Map<String, double[]> in = sampler(0);
    for (int position = 0; position < LENGTH; position++) {
      String step = position == 0 ? "codes.prefill" : "codes.step";
      in.put("position", new double[] {position - 1});
      Map<String, double[]> expected = assertSame(one, some, step, in);
      in.put("token", expected.get("token"));
    }
    double[] codes = random.ints((long) ROWS * LENGTH, 0, 16).asDoubleStream().toArray();
    assertSame(one, some, "fit.loss", Map.of("codes", codes, "label", new double[] {0, 2}));
    return some;
  }

  private static Map<String, double[]> assertSame(
      RankGroupSampling one, RankGroupSampling some, String step, Map<String, double[]> in) {
    Map<String, double[]> expected = one.run(step, in).getFirst();
    List<Map<String, double[]>> found = some.run(step, in);
    expected.forEach(
        (name, v) -> {
          String what = Text.format("%s of %s, seed %d", name, step, SEED);
          double largest = Arrays.stream(v).map(Math::abs).max().orElseThrow();
          if (!name.equals("token") || !isClose(expected.get("logits"))) {
            assertArrayEquals(v, found.getFirst().get(name), 1e-5 * largest, what);
          }
          found.forEach(f -> assertArrayEquals(found.getFirst().get(name), f.get(name), 0, what));
        });
    return expected;
  }

  /** Returns true if rounding may decide which of a row's codes is the likeliest. */
  private static boolean isClose(double[] logits) {
    int codes = logits.length / ROWS;
    for (int row = 0; row < ROWS; row++) {
      double[] sorted = Arrays.copyOfRange(logits, row * codes, (row + 1) * codes);
      Arrays.sort(sorted);
      if (sorted[codes - 1] - sorted[codes - 2] < 1e-3 * Math.abs(sorted[codes - 1])) {
        return true;
      }
    }
    return false;
  }

  private static Map<String, String> splits(RankGroupSampling s) {
    Map<String, String> splits = new TreeMap<>();
    for (StorageDeclaration d : s.derived().stored()) {
      d.part().ifPresent(p -> splits.put(d.name(), ((AxisPart) p).split().toString()));
    }
    return splits;
  }

  private static long count(RankGroupSampling s, String step, Class<? extends Op> op) {
    return s.derived().graph(step).nodes().stream().filter(n -> op.isInstance(n.op())).count();
  }

  @Test
  void everyMatrixIsSplitAlongTheAxisThatAnotherProductSums() {
    RankGroupSampling two = assertSame(model(SOURCE, Map.of()), 2);
    assertEquals(
        Map.ofEntries(
            Map.entry("label_table", "axis 1: 32 over 2"),
            Map.entry("table", "axis 1: 32 over 2"),
            Map.entry("wqkv", "axis 0: 32 + 16 + 16 over 2"),
            Map.entry("qkv_bias", "axis 0: 32 + 16 + 16 over 2"),
            Map.entry("key_gain", "axis 0: 4 over 2"),
            Map.entry("wo", "axis 1: 32 over 2"),
            Map.entry("gate", "axis 1: 24 + 24 over 2"),
            Map.entry("gate_bias", "axis 0: 24 + 24 over 2"),
            Map.entry("down", "axis 1: 24 over 2"),
            Map.entry("output", "axis 0: 16 over 2"),
            Map.entry("output_bias", "axis 0: 16 over 2")),
        splits(two));
    assertEquals(2, count(two, "codes.step", AllReduce.class), "after wo and down");
    assertEquals(2, count(two, "codes.step", AllGather.class), "of the embedding and the logits");
  }

  @Test
  void cachesAreSplitByHeads() {
    RankGroupSampling four = assertSame(model(SOURCE, Map.of()), 4);
    List<StorageDeclaration> caches =
        four.derived().stored().stream().filter(d -> d.name().startsWith("cache:")).toList();
    assertEquals(2, caches.size());
    caches.forEach(c -> assertEquals(1, c.type().shape().dim(1), c.toString()));
  }

  @Test
  void headsThatRanksCannotShareAreGathered() {
    RankGroupSampling four =
        assertSame(model(SOURCE, Map.of("heads", "6", "kv_heads", "2", "hidden", "10")), 4);
    assertTrue(splits(four).containsKey("wo"), splits(four).toString());
    assertTrue(splits(four).containsKey("output"), splits(four).toString());
  }

  @Test
  void matricesThatUsesWantInDifferentPartsStayWhole() {
    String tied = SOURCE.replace("down), output)", "down), table)");
    RankGroupSampling two = assertSame(model(tied, Map.of()), 2);
    assertEquals(false, splits(two).containsKey("table"));
    assertTrue(splits(two).containsKey("wqkv"));
  }

  @Test
  void aRankStoresLittleMoreThanItsShare() {
    CheckedModel model = model(SOURCE, Map.of("heads", "16", "kv_heads", "8", "hidden", "96"));
    RankGroupSampling four = assertSame(model, 4);
    RankGroupSampling one = new RankGroupSampling(model, DRAWING, 1, weights(model));
    assertTrue(4 * four.elements() < 1.05 * one.elements(), four.elements() + " elements");
  }

  @Test
  void partsArePackedAndQuantizedAsTheyAre() {
    CheckedModel model =
        model(SOURCE, Map.of("heads", "64", "kv_heads", "32", "hidden", "128", "codes", "256"));
    for (WeightType type : WeightType.values()) {
      Derived d =
          Compiler.derive(
              model,
              List.of(
                  new Request.Generate("codes", true, true, false),
                  new Request.StoreWeights(type, true),
                  new Request.TensorParallel(2)));
      StorageDeclaration wo =
          d.stored().stream().filter(s -> s.name().equals("wo")).findFirst().orElseThrow();
      assertEquals(type.dtype(), wo.type().dtype());
      assertEquals(List.of(4, 128, 64), wo.type().shape().dims());
      assertEquals(List.of(256, 256), wo.part().orElseThrow().whole().shape().dims());
    }
  }

  @Test
  void nothingIsTrainedInParts() {
    CheckedModel model = model(SOURCE, Map.of());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Compiler.derive(
                model, List.of(new Request.Initialise(), new Request.TensorParallel(2))));
    assertThrows(IllegalArgumentException.class, () -> new Request.TensorParallel(3));
  }
}
