package dev.lgc.compiler.fuse;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.After;
import dev.lgc.compiler.op.Collective;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A collective and the nodes whose memory it works on; no kernel computes any part of it.
 *
 * @param op of all its tensors
 * @param from nodes whose memory its operands are
 * @param to its nodes, as many
 * @param place the node that the last of its operands is the memory of, or a later {@link After}
 *     that holds it back
 * @param bytes of its operands
 * @param origin the most telling {@code .arch} line
 * @param label for reports
 */
public record FusedCollective(
    Collective op,
    List<Integer> from,
    List<Integer> to,
    int place,
    long bytes,
    Origin origin,
    String label)
    implements NodeCall {
  public FusedCollective {
    from = List.copyOf(from);
    to = List.copyOf(to);
  }

  /**
   * The collectives of a graph in the order in which their operands are computed, if each is
   * computed where the graph has it. A collective comes after those that its operand depends on.
   */
  static List<FusedCollective> of(Graph graph) {
    return IntStream.range(0, graph.nodes().size())
        .filter(n -> graph.node(n).op() instanceof Collective)
        .mapToObj(n -> of(graph, n))
        .sorted(Comparator.comparingInt(FusedCollective::place))
        .toList();
  }

  private static FusedCollective of(Graph graph, int n) {
    Node node = graph.node(n);
    Collective op = (Collective) node.op();
    int base = node.operands().getFirst();
    int place = 0;
    while (NodeAnalysis.isAlias(graph, base)) {
      place = graph.node(base).op() instanceof After ? Math.max(place, base) : place;
      base = graph.node(base).operands().getFirst();
    }
    Origin o = node.origin();
    List<String> words =
        Stream.of(o.module(), o.derivation(), op.name()).filter(w -> !w.isEmpty()).toList();
    long bytes = graph.node(base).type().bytes();
    return new FusedCollective(
        op, List.of(base), List.of(n), Math.max(base, place), bytes, o, String.join(" ", words));
  }

  /** This and another of the same op, as one. */
  public FusedCollective with(FusedCollective other) {
    return new FusedCollective(
        op,
        joined(from, other.from),
        joined(to, other.to),
        Math.max(place, other.place),
        bytes + other.bytes,
        origin,
        label);
  }

  private static List<Integer> joined(List<Integer> a, List<Integer> b) {
    List<Integer> all = new ArrayList<>(a);
    all.addAll(b);
    return all;
  }

  @Override
  public List<Integer> bindings() {
    return joined(from, to);
  }

  @Override
  public List<Integer> stored() {
    return to;
  }
}
