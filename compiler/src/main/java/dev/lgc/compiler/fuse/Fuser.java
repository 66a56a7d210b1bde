package dev.lgc.compiler.fuse;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Makes kernels of a graph: the entry to this package, which explains the steps. */
public final class Fuser {
  private Fuser() {}

  /** The node whose memory each node is in, if it is in memory: reshapes share their operand's. */
  public static int[] bases(Graph graph) {
    int[] base = new int[graph.nodes().size()];
    for (int n = 0; n < base.length; n++) {
      base[n] = NodeAnalysis.isAlias(graph, n) ? base[graph.node(n).operands().getFirst()] : n;
    }
    return base;
  }

  /** The kernels and collectives of a graph, in no particular order. */
  public static List<NodeCall> fuse(Graph graph, LiveOut liveOut, FusionLimits limits) {
    NodeAnalysis analysis = new NodeAnalysis(graph, limits);
    KernelDeduplicator deduplicator = new KernelDeduplicator(analysis, bases(graph));
    List<FusedCall> built =
        Partition.of(analysis, liveOut).stream().map(deduplicator::call).toList();
    List<NodeCall> calls = new ArrayList<>(FusedCollective.of(graph));
    calls.addAll(generated(analysis));
    ClusterSearch.of(analysis, built, liveOut).forEach(c -> calls.add(deduplicator.cleaned(c)));
    return calls;
  }

  /**
   * Kernels of the constants and positions that collectives are of: those are in memory nowhere.
   */
  private static List<FusedCall> generated(NodeAnalysis analysis) {
    return FusedCollective.of(analysis.graph).stream()
        .flatMap(c -> c.from().stream())
        .filter(analysis::isGenerated)
        .distinct()
        .map(
            n -> {
              Node node = analysis.node(n);
              List<Integer> itself = List.of(n);
              return new FusedCall(
                  CopyKernels.kernel(node), itself, itself, node.origin(), node.op().name());
            })
        .toList();
  }

  /**
   * The values that one kernel or collective stores in memory and those that it loads.
   *
   * @param stored nodes
   * @param loaded nodes that are in memory, sources among them
   */
  public record Traffic(List<Integer> stored, List<Integer> loaded) {}

  /** As {@link #fuse}, without building the kernels. */
  public static List<Traffic> traffic(Graph graph, LiveOut liveOut, FusionLimits limits) {
    NodeAnalysis analysis = new NodeAnalysis(graph, limits);
    int[] base = bases(graph);
    List<Traffic> all = new ArrayList<>();
    Partition.of(analysis, liveOut).forEach(r -> all.add(traffic(analysis, r, base)));
    FusedCollective.of(graph).forEach(c -> all.add(new Traffic(c.to(), c.from())));
    return all;
  }

  private static Traffic traffic(NodeAnalysis analysis, Region r, int[] base) {
    List<Integer> stored = new ArrayList<>();
    Set<Integer> loaded = new LinkedHashSet<>();
    r.members()
        .forEach(
            (n, m) -> {
              if (m.stored()) {
                stored.add(n);
              }
              for (int o : analysis.read(n)) {
                if (!r.members().containsKey(o) && !analysis.isGenerated(base[o])) {
                  loaded.add(base[o]);
                }
              }
            });
    return new Traffic(stored, List.copyOf(loaded));
  }
}
