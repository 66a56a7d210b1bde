package dev.lgc.compiler.rewrite.rule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.Input;
import dev.lgc.dsl.type.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntUnaryOperator;

/** One rule by itself: what it makes of a function of x[2, 3], and that this is the same number. */
abstract class RuleTest {
  /** A graph of nothing but the input. */
  static final String X = "%0 = input x : [2, 3]\noutput y = %0";

  final GraphBuilder b = new GraphBuilder();
  private final Simplifier.Rule rule;

  RuleTest(Simplifier.Rule rule) {
    this.rule = rule;
  }

  /** A constant of the shape of x. */
  final int constant(double v) {
    return b.fill(v, TensorType.f32(2, 3));
  }

  /** Holds what the rule makes of {@code f(x)}, without the dump's first line. */
  final void rewrites(IntUnaryOperator f, String expected) {
    Graph before = graph(f);
    Graph after = Verifier.verified(Rules.applied(before, List.of(rule)));
    assertEquals(expected, body(after));
    computeTheSame(before, after);
  }

  /** Holds that the rule leaves {@code f(x)} alone. */
  final void leaves(IntUnaryOperator f) {
    Graph before = graph(f);
    assertEquals(
        body(Rules.applied(before, List.of())), body(Rules.applied(before, List.of(rule))));
  }

  private Graph graph(IntUnaryOperator f) {
    int x = b.add(new Input("x", TensorType.f32(2, 3)));
    return b.build("g", Map.of("y", f.applyAsInt(x)), Map.of());
  }

  private static String body(Graph g) {
    String text = GraphDump.dump(g);
    return text.substring(text.indexOf('\n') + 1).replaceAll(" +", " ").strip();
  }

  private static void computeTheSame(Graph before, Graph after) {
    long seed = Long.getLong("lgc.seed", new Random().nextLong());
    Random random = new Random(seed);
    Map<String, double[]> inputs = new HashMap<>();
    Graphs.inputs(before)
        .forEach(
            (name, type) ->
                inputs.put(name, random.doubles(type.shape().elements(), -2, 2).toArray()));
    double[] expected = run(before, inputs);
    assertArrayEquals(expected, run(after, inputs), 1e-12, "seed " + seed);
  }

  private static double[] run(Graph g, Map<String, double[]> inputs) {
    return Interpreter.run(g, Precision.DOUBLE, inputs, Map.of()).outputs().get("y");
  }
}
