package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.Costs;
import dev.lgc.compiler.fuse.FusedCall;
import dev.lgc.compiler.fuse.Fuser;
import dev.lgc.compiler.fuse.SplitReductions;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.Stored;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The kernels of one graph, which do not depend on where its values will be or on other graphs: so
 * graphs are fused side by side, and given their places one after the other.
 *
 * @param graph with long reductions split
 * @param base for every node the node whose memory it is in
 * @param calls in no particular order
 */
record Fusion(Graph graph, int[] base, List<FusedCall> calls) {

  static Fusion of(Graph whole, Costs costs) {
    Graph graph = SplitReductions.of(whole);
    int[] base = Fuser.bases(graph);
    Set<Integer> wanted = new HashSet<>();
    Set<Integer> inPlace = new HashSet<>();
    graph
        .updates()
        .forEach(
            (path, v) -> {
              int b = base[v];
              boolean first = !(graph.node(b).op() instanceof Source) && wanted.add(b);
              if (first && isInPlace(graph, b, path)) {
                inPlace.add(b);
              }
            });
    for (int v : graph.outputs().values()) {
      if (!(graph.node(base[v]).op() instanceof Source)) {
        wanted.add(base[v]);
      }
    }
    return new Fusion(graph, base, Fuser.fuse(graph, wanted, inPlace, costs));
  }

  /**
   * Whether a value is a dynamic update of the very tensor it replaces, which nobody else reads.
   */
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
