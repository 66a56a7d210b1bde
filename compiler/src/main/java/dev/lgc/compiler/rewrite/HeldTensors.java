package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.Declared;
import dev.lgc.compiler.plan.TensorOrder;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Stored tensors that the steps of a plan hold in another way than they are declared. Which: those
 * that every step uses in ways that allow it, and in no other way.
 */
public abstract sealed class HeldTensors permits NarrowCaches, NarrowWeights, PanelWeights {
  /** What is stored, as it is held. */
  public List<Declared> stored(List<Declared> declared) {
    return declared.stream().map(d -> holds(d.key()) ? held(d) : d).toList();
  }

  private Declared held(Declared d) {
    return new Declared(d.path(), d.role(), type(d.key(), d.type()), order(d));
  }

  /** Whether a stored tensor is held in this other way. */
  abstract boolean holds(String path);

  /** The type of a stored tensor as it is held. */
  abstract TensorType type(String path, TensorType declared);

  /** How the elements of a stored tensor follow each other as it is held. */
  TensorOrder order(Declared d) {
    return d.order();
  }

  /**
   * Adds what stands for a use of tensors that are held so.
   *
   * @param n the use of them as declared
   * @param x the operands, the tensors among them as they are held
   * @param held by number of the operand: the path, where it is such a tensor
   */
  abstract int use(GraphBuilder b, Node n, int[] x, Map<Integer, String> held);

  /** Adds what is stored so in the place of a value, under the keys of {@code updates}. */
  abstract void write(GraphBuilder b, String path, int value, Map<String, Integer> updates);

  /** A step that reads and writes the tensors as they are held. */
  public final Graph apply(Graph g) {
    boolean concerned =
        g.nodes().stream().anyMatch(n -> n.op() instanceof Stored s && holds(s.path()))
            || g.updates().keySet().stream().anyMatch(this::holds);
    if (!concerned) {
      return g;
    }
    GraphBuilder b = new GraphBuilder();
    int[] values = Graphs.rewrite(g, b, (i, x) -> replaced(b, g, g.node(i), x));
    Map<String, Integer> updates = new LinkedHashMap<>();
    g.updates()
        .forEach(
            (path, v) ->
                b.at(
                    g.node(v).origin(),
                    () -> {
                      if (holds(path)) {
                        write(b, path, values[v], updates);
                      } else {
                        updates.put(path, values[v]);
                      }
                      return null;
                    }));
    return b.build(g.name(), Graphs.renamed(g.outputs(), values), updates);
  }

  private int replaced(GraphBuilder b, Graph g, Node n, int[] x) {
    if (n.op() instanceof Stored s && holds(s.path())) {
      return b.add(new Stored(s.path(), type(s.path(), s.type())));
    }
    Map<Integer, String> held = new TreeMap<>();
    for (int i = 0; i < x.length; i++) {
      if (g.node(n.operands().get(i)).op() instanceof Stored s && holds(s.path())) {
        held.put(i, s.path());
      }
    }
    return held.isEmpty() ? b.add(n.op(), x) : use(b, n, x, held);
  }
}
