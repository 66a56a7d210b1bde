package dev.lgc.compiler.fuse;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.Stored;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The values of a graph that are read after its last kernel, so must be in memory then: outputs and
 * updates.
 *
 * @param nodes none of them sources or aliases
 * @param inPlace dynamic updates among them whose first operand is the memory they are written to
 */
public record LiveOut(Set<Integer> nodes, Set<Integer> inPlace) {
  public LiveOut {
    nodes = Collections.unmodifiableSet(new LinkedHashSet<>(nodes));
    inPlace = Collections.unmodifiableSet(new LinkedHashSet<>(inPlace));
  }

  /**
   * The live-out values of a graph.
   *
   * @param base as {@link Fuser#bases} says
   */
  public static LiveOut of(Graph graph, int[] base) {
    Set<Integer> nodes = new HashSet<>();
    Set<Integer> inPlace = new HashSet<>();
    graph
        .updates()
        .forEach(
            (path, v) -> {
              int b = base[v];
              boolean first = !(graph.node(b).op() instanceof Source) && nodes.add(b);
              if (first && isInPlace(graph, b, path)) {
                inPlace.add(b);
              }
            });
    for (int v : graph.outputs().values()) {
      if (!(graph.node(base[v]).op() instanceof Source)) {
        nodes.add(base[v]);
      }
    }
    return new LiveOut(nodes, inPlace);
  }

  /** Returns true for a dynamic update of the very tensor it replaces, which nothing else reads. */
  private static boolean isInPlace(Graph graph, int n, String path) {
    if (!(graph.node(n).op() instanceof DynamicUpdate)) {
      return false;
    }
    int old = graph.node(n).operands().getFirst();
    if (!(graph.node(old).op() instanceof Stored s) || !s.path().equals(path)) {
      return false;
    }
    for (int i = 0; i < graph.nodes().size(); i++) {
      if (graph.node(i).op() instanceof Stored t && t.path().equals(path) && i != old
          || i != n && graph.node(i).operands().contains(old)
          || i == n && graph.node(i).operands().lastIndexOf(old) > 0) {
        return false;
      }
    }
    return true;
  }
}
