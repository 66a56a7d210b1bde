package dev.lgc.compiler.build;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.op.Input;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Graphs of one function, written down in two ways. */
final class EqualGraphs {
  private EqualGraphs() {}

  /**
   * Fails unless two graphs have the same outputs, in doubles, for random inputs between -1 and 1.
   *
   * @param text says which graphs, and the seed
   */
  static void check(Graph want, Graph got, double tolerance, Random random, String text) {
    Map<String, double[]> inputs = new HashMap<>();
    for (var n : want.nodes()) {
      if (n.op() instanceof Input in) {
        int elements = (int) in.type().shape().elements();
        inputs.put(in.input(), random.doubles(elements, -1, 1).toArray());
      }
    }
    Map<String, double[]> expected = outputs(want, inputs);
    Map<String, double[]> found = outputs(got, inputs);
    expected.forEach(
        (name, values) -> assertArrayEquals(values, found.get(name), tolerance, name + text));
  }

  private static Map<String, double[]> outputs(Graph g, Map<String, double[]> inputs) {
    return Interpreter.run(g, Precision.DOUBLE, inputs, Map.of()).outputs();
  }
}
