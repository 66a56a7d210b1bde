package dev.lgc.compiler.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.build.EntryBuilder;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Generators whose positions cannot be computed one by one. */
@Tag("backend")
final class WholeSequenceTest {
  private static final int CODES = 7;
  private static final int LENGTH = 6;
  private static final int ROWS = 2;

  private final long seed = Long.getLong("lgc.seed", System.nanoTime());
  private final Random random = new Random(seed);

  /** A generator that mixes positions as {@code mixed} says; {@code x} is [b, s, 8]. */
  private static CheckedModel model(String mixed) {
    String source =
        Text.format(
            """
            model M {
              param table: [7, 8] = normal(1.0)
              param start: [4, 8] = normal(1.0)
              param w: [8, 8] = normal(0.5)
              param filter: [1, 1, 3, 1] = normal(0.5)
              forward mixed(x: [b, s, 8]) -> [b, s, 8] {
                let earlier = reshape(iota(s), [1, s]) <= reshape(iota(s), [s, 1])
                %s
              }
              forward logits(drawn: int[b, n], label: int[b]) -> [b, n + 1, 7] {
                let x = concat([reshape(gather(start, label), [b, 1, 8]), gather(table, drawn)], axis: 1)
                return linear(x + mixed(x), table)
              }
              generate codes[6] given label: int[b] {
                null label: 3
                return logits(codes, label)
              }
            }
            """,
            mixed);
    return Language.parse("m.arch", source)
        .then(l -> l.elaborate("M", Map.of(), Map.of("b", ROWS)))
        .get();
  }

  private static Derived derived(String mixed) {
    return Compiler.derive(
        model(mixed), List.of(new Request.Generate("codes", true, false, false)));
  }

  /** Every way to look back that is not {@code attend}. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        // Attention written out, its mask chosen, added, or multiplied.
        "let scores = where(earlier, einsum(\"bsd,btd->bst\", linear(x, w), x), -inf)"
            + " return einsum(\"bst,btd->bsd\", softmax(scores, axis: -1), x)",
        "let mask = where(earlier, 0.0, -1e9)"
            + " let scores = (einsum(\"bsd,btd->bst\", linear(x, w), x) + mask) / sqrt(8.0)"
            + " return einsum(\"bst,btd->bsd\", softmax(scores, axis: -1), x)",
        "let scores = einsum(\"bsd,btd->bst\", linear(x, w), x) * cast(earlier, float)"
            + " return einsum(\"bst,btd->bsd\", scores, x)",
        // The mean of what came before.
        "let share = cast(earlier, float) / cast(reshape(iota(s), [s, 1]) + 1, float)"
            + " return einsum(\"st,btd->bsd\", share, x)",
        // The position before, beside this one.
        "return linear(concat([zeros([b, 1, 8]), x[:, :-1]], axis: 1), w)",
        "return linear(pad(x, [0, 1, 0], [0, 0, 0])[:, :s], w)",
        // A convolution over positions that sees this one and two before.
        "return reshape(conv2d(reshape(x, [b, 1, s, 8]), filter, padding: [2, 0, 0, 0]), [b, s,"
            + " 8])",
        // Samples and positions as one axis.
        "let flat = reshape(x, [b * s, 8]) return reshape(linear(silu(flat), w), [b, s, 8])",
      })
  void whatLooksBackIsDrawnByComputingTheWholeSequence(String mixed) {
    Derived d = derived(mixed);
    assertEquals(List.of(), d.problems(), mixed);
    assertEquals("m.arch", d.uncached().getFirst().where().file(), "says where");
    Graph prefill = Verifier.verified(d.graph("codes.prefill"));
    Graph step = Verifier.verified(d.graph("codes.step"));
    CheckedModel model = d.model();
    Graph full = EntryBuilder.graph(model.entry("codes").orElseThrow());
    Map<String, double[]> stored = new HashMap<>();
    model.storage().forEach(s -> stored.put(s.path(), TinyGenerator.reals(random, s.type())));
    for (StorageDeclaration c : d.stored()) {
      stored.putIfAbsent(c.name(), new double[(int) c.type().shape().elements()]);
    }
    double[] codes = random.ints(ROWS * (LENGTH - 1), 0, CODES).asDoubleStream().toArray();
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("label", new double[] {0, 2});
    inputs.put("temperature", new double[] {0});
    inputs.put("key", new double[4 * ROWS]);
    inputs.put("codes", codes);
    double[] with = logits(full, inputs, stored);
    Map<String, double[]> none = new HashMap<>(inputs);
    none.put("label", new double[] {3, 3});
    double[] without = logits(full, none, stored);
    inputs.put("guidance", new double[] {1.5});

    Interpreter.Result r = Interpreter.run(prefill, Precision.AS_TYPED, inputs, stored);
    for (int p = 0; ; p++) {
      stored.putAll(r.updates());
      for (int row = 0; row < ROWS; row++) {
        for (int k = 0; k < CODES; k++) {
          int at = (row * LENGTH + p) * CODES + k;
          double want = without[at] + 1.5 * (with[at] - without[at]);
          double got = r.outputs().get("logits")[row * CODES + k];
          assertEquals(
              want, got, 1e-4 * Math.max(1, Math.abs(want)), mixed + ", code " + p + ", " + seed);
        }
      }
      if (p == LENGTH - 1) {
        return;
      }
      inputs.put("position", new double[] {p});
      inputs.put("token", new double[] {codes[p], codes[LENGTH - 1 + p]});
      r = Interpreter.run(step, Precision.AS_TYPED, inputs, stored);
    }
  }

  private static double[] logits(
      Graph full, Map<String, double[]> inputs, Map<String, double[]> stored) {
    return Interpreter.run(full, Precision.AS_TYPED, inputs, stored).outputs().get("logits");
  }

  /** What a code's logits see of the code itself, or of later ones. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "return attend(x, x, x, heads: 2, kv_heads: 2, mask: none)",
        "return broadcast(mean(x, axis: 1, keep: true), [b, s, 8])",
        "return concat([x[:, 1:], x[:, :1]], axis: 1)",
        "return reshape(conv2d(reshape(x, [b, 1, s, 8]), filter, padding: [1, 1, 0, 0]), [b, s,"
            + " 8])",
        "let scores = where(not earlier, einsum(\"bsd,btd->bst\", x, x), -inf)"
            + " return einsum(\"bst,btd->bsd\", softmax(scores, axis: -1), x)",
        "let scores = einsum(\"bsd,btd->bst\", x, x) + where(earlier, 0.0, -10.0)"
            + " return einsum(\"bst,btd->bsd\", softmax(scores, axis: -1), x)",
      })
  void whatLooksAheadIsRefused(String mixed) {
    Derived d = derived(mixed);
    assertEquals(1, d.problems().size(), mixed);
    String said = d.problems().getFirst().toString();
    assertTrue(said.contains("so that the logits of code "), said);
    assertTrue(d.graphs().isEmpty(), "no steps");
  }

  /**
   * Whatever harmless there is before and after, the operation that looks ahead is named, each on a
   * line of its own here.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "let y = attend(x, x, x, heads: 2, kv_heads: 2, mask: none) // guilty",
        "let y = broadcast(mean(x, axis: 1, keep: true), [b, s, 8]) // guilty",
        "let y = concat([x[:, 1:], x[:, :1]], axis: 1) // guilty",
        "let y = reshape(conv2d(reshape(x, [b, 1, s, 8]), filter, // guilty\n"
            + " padding: [1, 1, 0, 0]), [b, s, 8])",
        "let y = einsum(\"st,btd->bsd\", where(earlier, 0.5, 0.1), x) // guilty",
      })
  void theOperationThatLooksAheadIsNamed(String guilty) {
    String before =
        """
        let scores = where(earlier, einsum("bsd,btd->bst", linear(x, w), x), -inf)
                x = x + einsum("bst,btd->bsd", softmax(scores, axis: -1), x)
                x = x + concat([zeros([b, 1, 8]), x[:, :-1]], axis: 1)
                let flat = reshape(x, [b * s, 8])
                x = reshape(linear(silu(flat), w), [b, s, 8])
        """;
    String after =
        """

                let z = silu(y) + x
                let more = where(earlier, einsum("bsd,btd->bst", z, x), -inf)
                return reshape(reshape(z + einsum("bst,btd->bsd", softmax(more, axis: -1), z), [b * s, 8]), [b, s, 8])
        """;
    String mixed = before + guilty + after;
    CheckedModel model = model(mixed);
    Derived d = Compiler.derive(model, List.of(new Request.Generate("codes", true, false, false)));
    int line = 8 + (int) before.lines().count();
    assertEquals(1, d.problems().size(), mixed);
    assertEquals(line, d.problems().getFirst().where().line(), d.problems().toString());
  }

  /** What is drawn for a sample must not depend on which others are drawn beside it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "return x - broadcast(mean(x, axis: 0, keep: true), [b, s, 8])",
        "return concat([x[1:], x[:1]], axis: 0)",
        "return broadcast(x[:1], [b, s, 8])", // the first sees itself alone
        "return broadcast(x[1:], [b, s, 8])", // the last sees itself alone
      })
  void whatMixesSamplesIsRefused(String mixed) {
    Derived d = derived(mixed);
    assertEquals(1, d.problems().size(), mixed);
    String said = d.problems().getFirst().toString();
    assertTrue(said.contains("depend on other samples of the batch"), said);
    assertTrue(d.graphs().isEmpty(), "no steps");
  }

  /** Whether the division counts is for the choice around it to say. */
  @Test
  void aDivisionByAKnownZeroIsNoFaultOfTheAnalysis() {
    Derived d =
        derived(
            "let i = iota(s) let part = where(i > 0, 100 / i, 0)"
                + " let share = where(earlier, 0.01, 0.0)"
                + " * broadcast(reshape(cast(part, float), [1, s]), [s, s])"
                + " return einsum(\"st,btd->bsd\", share, x)");
    assertEquals(List.of(), d.problems());
    assertEquals(2, d.graphs().size());
  }

  @Test
  void aGeneratorOfOneCodeNeedsNoStep() {
    CheckedModel model =
        Language.parse(
                "m.arch",
                """
                model M {
                  param start: [4, 7] = normal(1.0)
                  generate codes[1] given label: int[b] {
                    return reshape(gather(start, label), [b, 1, 7])
                  }
                }
                """)
            .then(l -> l.elaborate("M", Map.of(), Map.of("b", ROWS)))
            .get();
    Derived d = Compiler.derive(model, List.of(new Request.Generate("codes", false, false, false)));
    assertEquals(List.of(), d.problems());
    assertEquals(List.of(), d.uncached());
    assertTrue(Graphs.inputs(d.graph("codes.prefill")).containsKey("label"));
  }

  /**
   * An ordinary generator, one position a step and in this form: the same logits, the same codes.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bothFormsOfAnOrdinaryModelDrawTheSameCodes(boolean guided) {
    Graph full = TinyGenerator.graph(ROWS);
    Map<String, double[]> stored = TinyGenerator.weights(full, random);
    int n = TinyGenerator.PREFIX;
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("caption", TinyGenerator.reals(random, TensorType.f32(ROWS, n, 5)));
    inputs.put("mask", new double[] {0, 1, 1, 0, 0, 1});
    List<double[]> cached = greedy(full, guided, true, inputs, new HashMap<>(stored));
    List<double[]> whole = greedy(full, guided, false, inputs, new HashMap<>(stored));
    for (int p = 0; p < TinyGenerator.LENGTH; p++) {
      String where = "code " + p + ", seed " + seed;
      assertArrayEquals(cached.get(p), whole.get(p), 1e-4, "logits of " + where);
      assertArrayEquals(best(cached.get(p)), best(whole.get(p)), where);
    }
  }

  /** The logits of all rows at each position, every code being the likeliest. */
  private static List<double[]> greedy(
      Graph full,
      boolean guided,
      boolean cached,
      Map<String, double[]> conditions,
      Map<String, double[]> stored) {
    GraphBuilder sb = new GraphBuilder();
    int token = sb.add(new Input("token", TensorType.i32(ROWS)));
    int position = sb.add(new Input("position", TensorType.i32()));
    GraphBuilder pb = new GraphBuilder();
    Incremental.Part step;
    Incremental.Part prefill;
    if (cached) {
      Map<String, Integer> inputs = new HashMap<>();
      Graphs.inputs(full)
          .forEach(
              (name, type) -> {
                if (!name.equals("codes")) {
                  inputs.put(name, pb.add(new Input(name, type)));
                }
              });
      SequenceAnalysis sequence =
          new SequenceAnalysis(full, new Decoding("codes", "codes", guided));
      step = Incremental.step(sb, sequence, token, position);
      prefill = Incremental.prefill(pb, sequence, inputs, step.held());
    } else {
      step = WholeSequence.step(sb, full, new Decoding("codes", "codes", guided), token, position);
      prefill = WholeSequence.prefill(pb, full, new Decoding("codes", "codes", guided));
    }
    for (Incremental.Part part : List.of(step, prefill)) {
      for (StorageDeclaration c : part.caches()) {
        stored.put(c.name(), new double[(int) c.type().shape().elements()]);
      }
    }
    Graph first = pb.build("prefill", Map.of("logits", prefill.logits()), prefill.updates());
    Graph next = sb.build("step", Map.of("logits", step.logits()), step.updates());
    Map<String, double[]> inputs = new HashMap<>(conditions);
    List<double[]> logits = new ArrayList<>();
    Interpreter.Result r =
        Interpreter.run(Verifier.verified(first), Precision.AS_TYPED, inputs, stored);
    for (int p = 0; ; p++) {
      stored.putAll(r.updates());
      double[] all = r.outputs().get("logits");
      logits.add(all);
      if (p == TinyGenerator.LENGTH - 1) {
        return logits;
      }
      inputs.put("position", new double[] {p});
      inputs.put("token", Arrays.copyOf(best(all), ROWS)); // the rows with conditions
      r = Interpreter.run(Verifier.verified(next), Precision.AS_TYPED, inputs, stored);
    }
  }

  private static double[] best(double[] logits) {
    double[] best = new double[logits.length / TinyGenerator.CODES];
    for (int i = 0; i < logits.length; i++) {
      int row = i / TinyGenerator.CODES;
      if (logits[i] > logits[row * TinyGenerator.CODES + (int) best[row]]) {
        best[row] = i % TinyGenerator.CODES;
      }
    }
    return best;
  }
}
