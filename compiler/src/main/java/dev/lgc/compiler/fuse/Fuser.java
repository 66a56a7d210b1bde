package dev.lgc.compiler.fuse;

import dev.lgc.compiler.graph.Graph;
import java.util.List;
import java.util.Set;

/** Graph to kernels: the entry to this package. */
public final class Fuser {
  private Fuser() {}

  /**
   * For every node the node whose memory it is in, if it is in memory: reshapes share their
   * operand's.
   */
  public static int[] bases(Graph graph) {
    int[] base = new int[graph.nodes().size()];
    for (int n = 0; n < base.length; n++) {
      base[n] = Facts.isAlias(graph, n) ? base[graph.node(n).operands().getFirst()] : n;
    }
    return base;
  }

  /**
   * The kernels of a graph, in no particular order.
   *
   * @param wanted nodes, none of them sources or aliases, that must be in memory at the end
   * @param inPlace dynamic updates among them whose first operand is the memory they are written to
   */
  public static List<FusedCall> fuse(
      Graph graph, Set<Integer> wanted, Set<Integer> inPlace, Costs costs) {
    Facts facts = new Facts(graph, costs);
    Twins twins = new Twins(facts, bases(graph));
    List<FusedCall> built =
        Partition.of(facts, costs, wanted, inPlace).stream().map(twins::call).toList();
    return Clusters.of(facts, costs, built, wanted, inPlace).stream().map(twins::cleaned).toList();
  }
}
