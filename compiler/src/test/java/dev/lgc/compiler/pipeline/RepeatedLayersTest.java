package dev.lgc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.text.Text;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model with many layers becomes the one that is declared with two. */
@Tag("pure")
final class RepeatedLayersTest {
  private static final String LAYERS = "for layer in layers { x = layer(x, scaled) }";

  /** A generator whose layer {@code odd} sees later positions. */
  private static Entry entry(int depth, int odd, String body) {
    String source =
        Text.format(
            """
            model M(depth: int, odd: int) {
              param table: [16, 8] = normal(1.0)
              param places: [6, 8] = normal(1.0)
              layers = [Layer(i != odd) for i in 0..depth]

              forward logits(drawn: int[b, n]) -> [b, n + 1, 16] {
                let scaled = 2.0 * places[0:n + 1]
                let x = concat([zeros([b, 1, 8]), gather(table, drawn)], axis: 1)
                let y = x
                %s
                return linear(x + y, table)
              }

              generate codes[6] given label: int[b] {
                return logits(codes)
              }
            }

            block Layer(causal_only: bool) {
              param w: [8, 8] = normal(1.0)
              forward(x: [b, n, 8], scaled: [n, 8]) -> [b, n, 8] {
                let h = linear(x + scaled, w)
                let seen = if causal_only then attend(h, h, h, heads: 2, mask: causal)
                           else attend(h, h, h, heads: 2)
                return x + seen
              }
            }
            """,
            body);
    return Language.parse("m.arch", source)
        .then(l -> l.elaborate("M", Map.of("depth", "" + depth, "odd", "" + odd), Map.of("b", 2)))
        .get()
        .entry("codes")
        .orElseThrow();
  }

  /** A shortened entry is the one with fewer layers, but for outputs that it names besides. */
  private static void assertShortened(Entry expected, Entry all) {
    Entry found = RepeatedLayers.shortened(all).orElseThrow().entry();
    assertEquals(expected.values(), found.values());
    assertTrue(found.outputs().entrySet().containsAll(expected.outputs().entrySet()));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 12, 48})
  void manyLayersBecomeTwo(int depth) {
    assertShortened(entry(2, -1, LAYERS), entry(depth, -1, LAYERS));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void fewStay(int depth) {
    assertTrue(RepeatedLayers.shortened(entry(depth, -1, LAYERS)).isEmpty());
  }

  /** The first layer is not like the others: it adds to what it is given. */
  @Test
  void layersMayAddUpBesideEachOther() {
    String body = "for layer in layers { x = layer(x, scaled) y = y + x }";
    assertShortened(entry(3, -1, body), entry(9, -1, body));
  }

  @Test
  void layersThatWhatFollowsLooksBackAtStay() {
    String body = "x = layers[5](x, scaled) y = x for i in 0..5 { x = layers[i](x, scaled) }";
    assertTrue(RepeatedLayers.shortened(entry(6, -1, body)).isEmpty());
  }

  /** A layer among others that is not like them stays, and what is wrong with it is found. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void aLayerThatDiffersStays(int odd) {
    assertFalse(Generation.isCached(entry(6, odd, LAYERS)));
    assertTrue(Generation.isCached(entry(6, -1, LAYERS)));
  }

  /** Codes reach the softmax over positions after as many layers as there are delays. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
  void whatArrivesLateIsSeen(int depth) {
    for (int delays = 1; delays <= 3; delays++) {
      StringBuilder body = new StringBuilder();
      for (int k = 0; k < delays; k++) {
        body.append(Text.format("let d%d = zeros([b, n + 1, 8]) ", k));
      }
      body.append("for layer in layers { let older = softmax(d").append(delays - 1);
      body.append(", axis: 1) ");
      for (int k = delays - 1; k > 0; k--) {
        body.append(Text.format("d%d = 0.5 * d%d ", k, k - 1));
      }
      body.append("d0 = 0.5 * x x = layer(x, scaled) + older }");
      Entry e = entry(depth, -1, body.toString());
      Generation.Steps steps = Generation.derive(e);
      boolean cached = steps.problems().isEmpty() && steps.uncached().isEmpty();
      assertEquals(cached, Generation.isCached(e), body.toString());
      assertEquals(depth <= delays, cached, body.toString());
    }
  }

  /** Layers that carry on what they are given, in any of many ways: the answer is the whole's. */
  @Test
  void whateverIsCarriedOnTheAnswerIsThatOfAllLayers() {
    long first = Long.getLong("lgc.seed", System.nanoTime());
    List<String> from = List.of("x", "c0", "c1", "c2", "scaled", "0.5 * x", "c0 + c1", "c2 + x");
    for (long seed = first; seed < first + 60; seed++) {
      Random random = new Random(seed);
      StringBuilder body = new StringBuilder();
      for (int k = 0; k < 3; k++) {
        String start = random.nextBoolean() ? "zeros([b, n + 1, 8])" : "0.1 * x";
        body.append(Text.format("let c%d = %s ", k, start));
      }
      body.append("for layer in layers { ");
      for (int k = 0; k < 4; k++) {
        String value = from.get(random.nextInt(from.size()));
        int how = random.nextInt(8);
        String given =
            how == 0
                ? Text.format("softmax(broadcast(%s, [b, n + 1, 8]), axis: 1)", value)
                : Text.format("broadcast(0.5 * (%s), [b, n + 1, 8])", value);
        body.append(Text.format("c%d = %s ", random.nextInt(3), given));
      }
      body.append("x = layer(x, scaled) + c0 }");
      Entry e = entry(random.nextInt(3, 8), -1, body.toString());
      Generation.Steps steps = Generation.derive(e);
      boolean cached = steps.problems().isEmpty() && steps.uncached().isEmpty();
      assertEquals(cached, Generation.isCached(e), "seed " + seed + ": " + body);
    }
  }
}
