package dev.lgc.compiler.fuse;

import dev.lgc.compiler.graph.Graph;
import java.util.ArrayList;
import java.util.LinkedHashSet;
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

  /** The kernels of a graph, in no particular order. */
  public static List<FusedCall> fuse(Graph graph, Wanted wanted, FusionLimits limits) {
    Facts facts = new Facts(graph, limits);
    Twins twins = new Twins(facts, bases(graph));
    List<FusedCall> built =
        Partition.of(facts, wanted.nodes(), wanted.inPlace()).stream().map(twins::call).toList();
    return Clusters.of(facts, limits, built, wanted.nodes(), wanted.inPlace()).stream()
        .map(twins::cleaned)
        .toList();
  }

  /**
   * What one kernel will leave in memory and what it will read there.
   *
   * @param stored nodes
   * @param loaded nodes that are in memory, sources among them
   */
  public record Traffic(List<Integer> stored, List<Integer> loaded) {}

  /** As {@link #fuse}, without building the kernels. */
  public static List<Traffic> traffic(Graph graph, Wanted wanted, FusionLimits limits) {
    Facts facts = new Facts(graph, limits);
    int[] base = bases(graph);
    return Partition.of(facts, wanted.nodes(), wanted.inPlace()).stream()
        .map(r -> traffic(facts, r, base))
        .toList();
  }

  private static Traffic traffic(Facts facts, Region r, int[] base) {
    List<Integer> stored = new ArrayList<>();
    Set<Integer> loaded = new LinkedHashSet<>();
    r.members.forEach(
        (n, m) -> {
          if (m.stored) {
            stored.add(n);
          }
          for (int o : facts.read(n)) {
            if (!r.members.containsKey(o) && !facts.isGenerated(base[o])) {
              loaded.add(base[o]);
            }
          }
        });
    return new Traffic(stored, List.copyOf(loaded));
  }
}
