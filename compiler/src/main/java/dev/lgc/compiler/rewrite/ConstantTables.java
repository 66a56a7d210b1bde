package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Broadcast;
import dev.lgc.compiler.op.Cast;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Movement;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.Stored;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Computes at compile time what depends on no input and no stored tensor and takes more than
 * comparing and moving (a rotary table, say). Repetitions are left to run time, and so are tables
 * of more than {@value #LIMIT} elements.
 *
 * <pre>
 * before: t = cos(cast(iota))    y = x * broadcast(t)
 * after:  t = dense {1, 0.54, …} y = x * broadcast(t)
 * </pre>
 */
public final class ConstantTables {
  static final long LIMIT = 1 << 20;

  private ConstantTables() {}

  /** The graph with its tables computed; the same graph if it has none. */
  public static Graph compute(Graph g) {
    int n = g.nodes().size();
    boolean[] computable = new boolean[n];
    boolean[] worth = new boolean[n];
    for (int i = 0; i < n; i++) {
      Node node = g.node(i);
      computable[i] =
          !(node.op() instanceof Input)
              && !(node.op() instanceof Stored)
              && !(node.op() instanceof Collective) // takes all ranks
              && node.type().shape().elements() <= LIMIT
              && node.operands().stream().allMatch(o -> computable[o]);
      worth[i] = computable[i] && (costs(node) || node.operands().stream().anyMatch(o -> worth[o]));
    }
    Map<String, Integer> wanted = new LinkedHashMap<>();
    for (int i = 0; i < n; i++) {
      for (int o : g.node(i).operands()) {
        if (table(g, o, worth) && !table(g, i, worth)) {
          wanted.put("" + o, o);
        }
      }
    }
    g.outputs().values().stream()
        .filter(v -> table(g, v, worth))
        .forEach(v -> wanted.put("" + v, v));
    g.updates().values().stream()
        .filter(v -> table(g, v, worth))
        .forEach(v -> wanted.put("" + v, v));
    return wanted.isEmpty() ? g : replaced(g, wanted, computable);
  }

  /** Worth a table, and not just a repetition of one. */
  private static boolean table(Graph g, int i, boolean[] worth) {
    return worth[i] && !(g.node(i).op() instanceof Broadcast);
  }

  private static boolean costs(Node n) {
    if (n.op() instanceof Source || n.op() instanceof Movement || n.op() instanceof Cast) {
      return false;
    }
    return !(n.op() instanceof Elementwise) || Transcendental.is(n.op());
  }

  private static Graph replaced(Graph g, Map<String, Integer> wanted, boolean[] computable) {
    GraphBuilder alone = new GraphBuilder();
    Map<String, Integer> outputs = new LinkedHashMap<>();
    int[] copies = new int[computable.length];
    for (int i = 0; i < copies.length; i++) {
      Node n = g.node(i);
      if (computable[i]) {
        copies[i] = alone.add(n.op(), Graphs.renamed(n.operands(), copies));
      }
    }
    wanted.forEach((name, v) -> outputs.put(name, copies[v]));
    Map<String, double[]> tables =
        Interpreter.run(
                alone.build("tables", outputs, Map.of()), Precision.AS_TYPED, Map.of(), Map.of())
            .outputs();
    GraphBuilder b = new GraphBuilder();
    Map<Integer, Integer> given = new HashMap<>();
    wanted.forEach(
        (name, v) ->
            given.put(
                v,
                b.at(
                    g.node(v).origin(),
                    () -> b.add(new Dense(g.node(v).type(), tables.get(name))))));
    int[] values = b.copy(g, given);
    return b.build(
        g.name(), Graphs.renamed(g.outputs(), values), Graphs.renamed(g.updates(), values));
  }
}
