package dev.lgc.compiler.rewrite.storage;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Stored;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A change of how some tensors are stored, and of the steps of a plan with it. Which tensors: those
 * that every step uses in ways that allow it, and in no other way.
 */
public abstract sealed class StorageRewrite permits PackWeights, QuantizeCaches, QuantizeWeights {
  /** The declarations of the stored tensors after the change. */
  public List<StorageDeclaration> stored(List<StorageDeclaration> before) {
    return before.stream()
        .map(
            d ->
                changes(d.name())
                    ? new StorageDeclaration(d.id(), type(d), layout(d), d.part())
                    : d)
        .toList();
  }

  private TensorType type(StorageDeclaration d) {
    return type(d.name(), d.type());
  }

  /** Returns true if a stored tensor is changed. */
  abstract boolean changes(String name);

  /** The type in which a changed tensor is stored. */
  abstract TensorType type(String name, TensorType before);

  /** The layout in which a changed tensor is stored. */
  TensorLayout layout(StorageDeclaration before) {
    return before.layout();
  }

  /**
   * Adds what stands for a use of changed tensors.
   *
   * @param n the use of them as they were stored before
   * @param x the operands, the tensors among them as they are stored now
   * @param changed by number of the operand: the name, where it is such a tensor
   */
  abstract int use(GraphBuilder b, Node n, int[] x, Map<Integer, String> changed);

  /** Adds what is stored in the place of a value, under the names of {@code updates}. */
  abstract void write(GraphBuilder b, String name, int value, Map<String, Integer> updates);

  /** A step that reads and writes the tensors as they are stored now. */
  public final Graph apply(Graph g) {
    boolean concerned =
        g.nodes().stream().anyMatch(n -> n.op() instanceof Stored s && changes(s.path()))
            || g.updates().keySet().stream().anyMatch(this::changes);
    if (!concerned) {
      return g;
    }
    GraphBuilder b = new GraphBuilder();
    int[] values = b.rewrite(g, (i, x) -> replaced(b, g, g.node(i), x));
    Map<String, Integer> updates = new LinkedHashMap<>();
    g.updates()
        .forEach(
            (name, v) ->
                b.at(
                    g.node(v).origin(),
                    () -> {
                      if (changes(name)) {
                        write(b, name, values[v], updates);
                      } else {
                        updates.put(name, values[v]);
                      }
                      return null;
                    }));
    return b.build(g.name(), Graphs.renamed(g.outputs(), values), updates);
  }

  private int replaced(GraphBuilder b, Graph g, Node n, int[] x) {
    if (n.op() instanceof Stored s && changes(s.path())) {
      return b.add(new Stored(s.path(), type(s.path(), s.type())));
    }
    Map<Integer, String> changed = new TreeMap<>();
    for (int i = 0; i < x.length; i++) {
      if (g.node(n.operands().get(i)).op() instanceof Stored s && changes(s.path())) {
        changed.put(i, s.path());
      }
    }
    return changed.isEmpty() ? b.add(n.op(), x) : use(b, n, x, changed);
  }
}
