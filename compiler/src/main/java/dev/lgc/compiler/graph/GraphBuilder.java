package dev.lgc.compiler.graph;

import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Terms;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A graph under construction. Types are inferred and checked as nodes are added, and a node equal
 * to an earlier one becomes that one. New nodes get the current {@link Origin}.
 */
public final class GraphBuilder implements Terms {
  /**
   * Tells nodes apart. Ops with the same two operands are mostly the same kind of op with the same
   * settings, so the settings count in the hash only where there are fewer: many random streams
   * have one key, and one tensor has many slices.
   */
  private record Key(Op op, List<Integer> operands) {
    @Override
    public boolean equals(Object o) {
      return o instanceof Key k
          && op.getClass() == k.op.getClass()
          && operands.equals(k.operands)
          && op.equals(k.op);
    }

    @Override
    public int hashCode() {
      int settings = operands.size() < 2 ? op.hashCode() : op.getClass().hashCode();
      return 31 * operands.hashCode() + settings;
    }
  }

  private final List<Node> nodes = new ArrayList<>();
  private final Map<Key, Integer> known = new HashMap<>();
  private Origin origin = Origin.NONE;

  @Override
  public int add(Op op, int... operands) {
    List<Integer> list = boxed(operands);
    Key key = new Key(op, list);
    Integer earlier = known.get(key);
    if (earlier != null) {
      return earlier;
    }
    List<TensorType> types = new ArrayList<>(operands.length);
    for (int o : operands) {
      types.add(nodes.get(o).type());
    }
    TensorType type;
    try {
      type = op.infer(types);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          Text.format("%s of %s at %s: %s", op.name(), types, origin, e.getMessage()), e);
    }
    nodes.add(new Node(op, list, type, origin));
    known.put(key, nodes.size() - 1);
    return nodes.size() - 1;
  }

  private static List<Integer> boxed(int[] values) {
    return switch (values.length) {
      case 0 -> List.of();
      case 1 -> List.of(values[0]);
      case 2 -> List.of(values[0], values[1]);
      default -> {
        List<Integer> list = new ArrayList<>(values.length);
        for (int v : values) {
          list.add(v);
        }
        yield list;
      }
    };
  }

  @Override
  public TensorType type(int value) {
    return nodes.get(value).type();
  }

  public Node node(int value) {
    return nodes.get(value);
  }

  /** The operands of a value, as ops take them. */
  public int[] operands(int value) {
    List<Integer> operands = nodes.get(value).operands();
    int[] numbers = new int[operands.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = operands.get(i);
    }
    return numbers;
  }

  /** The number of nodes. */
  public int size() {
    return nodes.size();
  }

  public Origin origin() {
    return origin;
  }

  /** Gives the nodes that {@code body} adds an origin. */
  public <T> T at(Origin o, Supplier<T> body) {
    Origin outer = origin;
    origin = o;
    try {
      return body.get();
    } finally {
      origin = outer;
    }
  }

  /** Gives the nodes that {@code body} adds the origin of a value, derived in some way. */
  public <T> T derived(int value, String derivation, Supplier<T> body) {
    Origin o = nodes.get(value).origin();
    return at(new Origin(o.where(), o.module(), derivation), body);
  }

  /**
   * Copies a graph's nodes into this one.
   *
   * @param given values of this builder that stand for nodes of the graph, by node number
   * @return the value of every node of the graph
   */
  public int[] copy(Graph graph, Map<Integer, Integer> given) {
    int[] values = new int[graph.nodes().size()];
    for (int i = 0; i < values.length; i++) {
      Node node = graph.node(i);
      Integer instead = given.get(i);
      int[] operands = Graphs.renamed(node.operands(), values);
      values[i] = instead != null ? instead : at(node.origin(), () -> add(node.op(), operands));
    }
    return values;
  }

  /** A node's counterpart in another graph. */
  public interface Rewriting {
    /**
     * Adds what stands for a node.
     *
     * @param number of the node
     * @param operands what stands for its operands
     * @return the value that stands for it
     */
    int add(int number, int[] operands);
  }

  /**
   * Adds what stands for every node of a graph, in order, as coming from where the node comes from.
   *
   * @return the value that stands for each node
   */
  public int[] rewrite(Graph g, Rewriting rewriting) {
    int[] values = new int[g.nodes().size()];
    for (int i = 0; i < values.length; i++) {
      int number = i;
      int[] operands = Graphs.renamed(g.node(i).operands(), values);
      values[i] = at(g.node(i).origin(), () -> rewriting.add(number, operands));
    }
    return values;
  }

  /** The finished graph: only the nodes that outputs and updates need, renumbered in order. */
  public Graph build(String name, Map<String, Integer> outputs, Map<String, Integer> updates) {
    boolean[] live = new boolean[nodes.size()];
    outputs.values().forEach(v -> live[v] = true);
    updates.values().forEach(v -> live[v] = true);
    for (int i = live.length - 1; i >= 0; i--) {
      if (live[i]) {
        for (int o : nodes.get(i).operands()) {
          live[o] = true;
        }
      }
    }
    int[] renumbered = new int[nodes.size()];
    List<Node> kept = new ArrayList<>();
    for (int i = 0; i < live.length; i++) {
      if (live[i]) {
        Node n = nodes.get(i);
        renumbered[i] = kept.size();
        kept.add(
            new Node(
                n.op(), boxed(Graphs.renamed(n.operands(), renumbered)), n.type(), n.origin()));
      }
    }
    return new Graph(name, kept, renumber(outputs, renumbered), renumber(updates, renumbered));
  }

  private static Map<String, Integer> renumber(Map<String, Integer> values, int[] renumbered) {
    Map<String, Integer> result = new LinkedHashMap<>();
    values.forEach((k, v) -> result.put(k, renumbered[v]));
    return result;
  }
}
