package dev.lgc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the analysis says is what the gradients of the parts show. */
@Tag("backend")
final class MicroBatchesTest {
  private static final int PART = 2;

  private final long seed = Long.getLong("lgc.seed", System.nanoTime());
  private final Random random = new Random(seed);

  /** A model with a parameter {@code w} [4, 3] that minimizes what {@code body} says. */
  private static CheckedModel model(String body, int batch) {
    String source =
        Text.format(
            """
            model M {
              param w: [4, 3] = normal(1.0)
              buffer seen: [3] = zeros
              objective fit(x: [b, 4], c: int[b]) {
                let y = einsum("bi,io->bo", x, w)
                %s
              }
            }
            """,
            body);
    return parsed(source, batch);
  }

  private static CheckedModel parsed(String source, int batch) {
    return Language.parse("m.arch", source)
        .then(l -> l.elaborate("M", Map.of(), Map.of("b", batch)))
        .get();
  }

  private static List<MicroBatches.Difference> differences(String body) {
    return differences(model(body, 3), model(body, 6));
  }

  private static List<MicroBatches.Difference> differences(CheckedModel small, CheckedModel large) {
    return MicroBatches.differences(
        small.entries(Entry.Kind.OBJECTIVE), large.entries(Entry.Kind.OBJECTIVE), 2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "minimize mean(y * y)",
        "minimize mean(logsumexp(y, axis: -1) - pick(y, c % 3))",
        "minimize sum(silu(y)) / b + 0.1 * mean(w * w)",
        "minimize mean(softmax(y, axis: -1) * y) * where(step > 3, 1.0, 0.5) + 2",
        "minimize mean(reshape(transpose(reshape(y, [b, 3, 1]), [0, 2, 1]), [b * 3]))",
        "let z = y - broadcast(mean(y, axis: -1, keep: true), [b, 3]) minimize mean(z * z)",
        "minimize mean(einsum(\"bi,bi->b\", y, y)) + einsum(\"bi,bi->\", y, y) / b",
        "update seen = 0.9 * seen + 0.1 * mean(y, axis: 0) minimize mean(y)",
      })
  void meansOverSamplesAreTheSameInParts(String body) {
    assertEquals(List.of(), differences(body), body);
    assertTrue(distance(body) < 1e-5, body + ": " + distance(body) + ", seed " + seed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "let z = y - broadcast(mean(y, axis: 0), [b, 3]) minimize mean(z * z)",
        "let p = mean(softmax(y, axis: -1), axis: 0) minimize sum(p * log(p + 1e-5))",
        "minimize sum(y * y)",
        "minimize sqrt(mean(y * y))",
        "minimize mean(y * y) * b",
        "minimize mean(max(y, axis: 0))",
        "minimize mean(softmax(y, axis: 0) * y)",
        "minimize mean(einsum(\"bi,ci->bc\", y, y))",
        "minimize mean(y * y) * stop_gradient(mean(y * y))",
        "let k = broadcast(reshape(cast(c, float), [b, 1]), [b, 3])"
            + " minimize sum(y * y * k) / (1 + sum(k))",
        "minimize mean(y[1:] * y[:-1])",
        "minimize sum(y * y) / 3", // 3 is also the number of samples
        "minimize 1 / (3 / sum(y * y))",
        "minimize sum(y * y) / sum(broadcast(w[0, 0], [b, b]) * 0 + 1.0)",
        "let k = pad(broadcast(w[0], [b, 3]), [1, 0], [0, 0]) minimize mean(k * k)",
        "let k = einsum(\"bi,bi->\", broadcast(w[0], [b, 3]), broadcast(w[1], [b, 3]))"
            + " minimize mean(y * y) + k",
        "minimize mean(y * y) * mean(softmax(broadcast(w[0], [b, 3]), axis: 0))",
        "minimize mean(y * y) + mean(w * w) * mean(logsumexp(broadcast(w[0], [b, 3]), axis: 0))",
        "let k = reshape(broadcast(w[0], [b, 3]), [3, b]) minimize mean(y * y) + sum(k[0] * k[0])",
        "let k = transpose(broadcast(y[:, 0], [b, b]), [1, 0]) minimize mean(y * y) * sum(k) / b",
        "let l = mean(y * y) let g = gradient(l, w) minimize l / sqrt(sum(g * g))",
      })
  void whatMixesSamplesIsNamedWithItsPlace(String body) {
    List<MicroBatches.Difference> found = differences(body);
    assertEquals(1, found.size(), body);
    assertTrue(found.getFirst().why().startsWith("m.arch:"), found.toString());
    assertTrue(distance(body) > 1e-4, body + ": " + distance(body) + ", seed " + seed);
  }

  /** An operation along an axis of samples that has no rule is no fault of ours. */
  @Test
  void aPickAmongSamplesIsRefused() {
    List<MicroBatches.Difference> found =
        differences("minimize mean(pick(transpose(y, [1, 0]), iota(3))) + mean(y * y)");
    assertTrue(found.getFirst().why().contains("`pick` depends on how many samples"), "" + found);
  }

  @Test
  void anObjectiveIsToldWhatOthersChangeBeforeIt() {
    String source =
        """
        model M {
          param v: [4] = normal(1.0)
          param w: [4] = normal(1.0)
          buffer seen: [4] = zeros
          objective first(x: [b, 4]) over v {
            minimize mean(x * x) * mean(v) * mean(w)
          }
          objective second(x: [b, 4]) over w {
            update seen = mean(x, axis: 0)
            minimize mean(x) * mean(v) * mean(w)
          }
          objective third(x: [b, 4]) over w {
            minimize mean(x) * mean(w) + mean(seen)
          }
        }
        """;
    List<MicroBatches.Difference> found = differences(parsed(source, 3), parsed(source, 6));
    assertEquals(List.of("second", "third"), found.stream().map(d -> d.objective()).toList());
    assertTrue(found.get(0).why().contains("reads v, which first trains before"), "" + found);
    assertTrue(found.get(1).why().contains("reads w, which second trains before"), "" + found);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "minimize mean(y * broadcast(uniform([b, 1]), [b, 3]))",
        "minimize mean(dropout(y, 0.5))"
      })
  void randomNumbersAreOthersInEachPart(String body) {
    MicroBatches.Difference d = differences(body).getFirst();
    assertEquals("", d.why());
    assertTrue(d.random());
  }

  /** How far the mean of the parts' gradients is from the batch's, relative to it. */
  private double distance(String body) {
    double[] x = random.doubles(2 * PART * 4L, -1, 1).toArray();
    double[] c = random.ints(2 * PART, 0, 3).asDoubleStream().toArray();
    Map<String, double[]> stored = new HashMap<>();
    for (Storage s : model(body, PART).storage()) {
      stored.put(s.path(), random.doubles(s.type().shape().elements(), -1, 1).toArray());
    }
    stored.put("gradient:w", new double[12]);
    double[] whole = gradient(model(body, 2 * PART), x, c, stored);
    double[] parts = new double[whole.length];
    for (int p = 0; p < 2; p++) {
      double[] g =
          gradient(
              model(body, PART),
              Arrays.copyOfRange(x, p * PART * 4, (p + 1) * PART * 4),
              Arrays.copyOfRange(c, p * PART, (p + 1) * PART),
              stored);
      for (int i = 0; i < g.length; i++) {
        parts[i] += g[i] / 2;
      }
    }
    double off = 0;
    double length = 0;
    for (int i = 0; i < whole.length; i++) {
      off += (whole[i] - parts[i]) * (whole[i] - parts[i]);
      length += whole[i] * whole[i];
    }
    return Math.sqrt(off / Math.max(length, 1e-12));
  }

  private static double[] gradient(
      CheckedModel model, double[] x, double[] c, Map<String, double[]> stored) {
    Request.Optimizer adam = new Request.Optimizer(0.9, 0.95, 1e-8, 0, 1, false);
    Graph g =
        Compiler.derive(model, List.of(new Request.Train("fit", adam, false)))
            .graph("fit.gradients");
    Map<String, double[]> inputs = Map.of("x", x, "c", c, "step", new double[1]);
    return Interpreter.run(g, Precision.DOUBLE, inputs, stored).updates().get("gradient:w");
  }
}
