package dev.lgc.compiler.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.Cos;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.OpCases;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class SimplifyTest {
  private final GraphBuilder b = new GraphBuilder();

  /** The body of the simplified graph of a function of x[2, 3]. */
  private String simplified(IntUnaryOperator f) {
    int x = b.add(new Input("x", TensorType.f32(2, 3)));
    Graph g = b.build("g", Map.of("y", f.applyAsInt(x)), Map.of());
    String text = GraphDump.dump(Verifier.verified(Simplified.of(g)));
    return text.substring(text.indexOf('\n') + 1).replaceAll(" +", " ").strip();
  }

  private int constant(double v) {
    return b.fill(v, TensorType.f32(2, 3));
  }

  private static final String UNCHANGED = "%0 = input x : [2, 3]\noutput y = %0";

  @Test
  void rulesApplyToWhatOthersMade() {
    assertEquals(UNCHANGED, simplified(x -> b.div(b.sub(x, constant(0)), constant(1))));
    assertEquals(
        UNCHANGED, simplified(x -> b.where(b.less(constant(1), constant(2)), x, constant(0))));
    assertEquals(UNCHANGED, simplified(x -> b.transpose(b.transpose(x, 1, 0), 1, 0)));
    assertEquals(UNCHANGED, simplified(x -> b.slice(b.concat(1, constant(1), x), 1, 3, 6)));
    assertEquals(
        "%0 = fill 6.0 : [3, 2]\noutput y = %0",
        simplified(x -> b.transpose(b.mul(constant(2), constant(3)), 1, 0)));
    assertEquals(
        "%0 = input x : [2, 3]\n%1 = max [1] %0 : [2]\noutput y = %1",
        simplified(x -> b.reduce(Reducer.MAX, b.reshape(x, 2, 1, 3), List.of(1, 2))));
  }

  @Test
  void costlyTablesAreComputedAtCompileTime() {
    int angle = b.cast(b.iota(0, Shape.of(4)), DType.F32);
    int table = b.broadcast(b.add(new Cos(), angle), Shape.of(2, 4));
    int x = b.add(new Input("x", TensorType.f32(2, 4)));
    Graph g = Simplified.of(b.build("g", Map.of("y", b.mul(x, table)), Map.of()));
    Dense dense = assertInstanceOf(Dense.class, g.node(0).op());
    assertArrayEquals(
        new double[] {1, (float) Math.cos(1), (float) Math.cos(2), (float) Math.cos(3)},
        dense.data());
  }

  @Test
  void gradientsOfEveryOpStayTheSame() {
    long seed = Long.getLong("lgc.seed", new Random().nextLong());
    for (OpCases.Case c : OpCases.of(new Random(seed))) {
      GraphBuilder t = new GraphBuilder();
      Map<String, double[]> inputs = new HashMap<>();
      int[] x = new int[c.types().size()];
      List<Integer> wrt = new ArrayList<>();
      for (int i = 0; i < x.length; i++) {
        x[i] = t.add(new Input("x" + i, c.types().get(i)));
        inputs.put("x" + i, c.values().get(i));
        if (c.types().get(i).dtype().isFloat()) {
          wrt.add(x[i]);
        }
      }
      int y = t.add(c.op(), x);
      Map<String, Integer> outputs = new LinkedHashMap<>(Map.of("y", y));
      if (t.type(y).dtype().isFloat()) {
        int[] g = Autodiff.gradients(t, t.sum(t.mul(y, y)), wrt);
        for (int i = 0; i < g.length; i++) {
          outputs.put("g" + i, g[i]);
        }
      }
      Graph g = t.build("g", outputs, Map.of());
      Graph s = Verifier.verified(Simplified.of(g));
      Map<String, double[]> before = run(g, inputs);
      run(s, inputs)
          .forEach((k, v) -> assertArrayEquals(before.get(k), v, 1e-9, c + " seed " + seed));
    }
  }

  private static Map<String, double[]> run(Graph g, Map<String, double[]> inputs) {
    return Interpreter.run(g, Precision.DOUBLE, inputs, Map.of()).outputs();
  }
}
