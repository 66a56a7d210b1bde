package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.Costs;
import dev.lgc.compiler.fuse.FusedCall;
import dev.lgc.compiler.fuse.Fuser;
import dev.lgc.compiler.fuse.SplitReductions;
import dev.lgc.compiler.fuse.Wanted;
import dev.lgc.compiler.graph.Graph;
import java.util.List;

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
    return new Fusion(graph, base, Fuser.fuse(graph, Wanted.of(graph, base), costs));
  }
}
