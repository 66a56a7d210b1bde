package dev.lgc.compiler.graph;

import dev.lgc.compiler.op.Input;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Traversals, written once. */
public final class Graphs {
  private Graphs() {}

  /** The counterparts of some values. */
  public static int[] renamed(List<Integer> values, int[] to) {
    int[] out = new int[values.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = to[values.get(i)];
    }
    return out;
  }

  /** Named values under their new numbers, in the same order. */
  public static Map<String, Integer> renamed(Map<String, Integer> values, int[] to) {
    Map<String, Integer> out = new LinkedHashMap<>();
    values.forEach((name, v) -> out.put(name, to[v]));
    return out;
  }

  /** For every value, the nodes that use it, ascending; a node using it twice appears once. */
  public static List<List<Integer>> users(Graph g) {
    List<List<Integer>> users = new ArrayList<>();
    for (int i = 0; i < g.nodes().size(); i++) {
      users.add(new ArrayList<>());
      for (int o : g.node(i).operands()) {
        List<Integer> of = users.get(o);
        if (of.isEmpty() || of.getLast() != i) {
          of.add(i);
        }
      }
    }
    return users;
  }

  /** For every value, the last node that uses it; outputs and updates are used by the end. */
  public static int[] lastUses(Graph g) {
    int[] last = new int[g.nodes().size()];
    for (int i = 0; i < last.length; i++) {
      last[i] = i;
      for (int o : g.node(i).operands()) {
        last[o] = i;
      }
    }
    g.outputs().values().forEach(v -> last[v] = last.length);
    g.updates().values().forEach(v -> last[v] = last.length);
    return last;
  }

  /** The inputs by name, in order of appearance. */
  public static Map<String, TensorType> inputs(Graph g) {
    Map<String, TensorType> inputs = new LinkedHashMap<>();
    for (Node n : g.nodes()) {
      if (n.op() instanceof Input in) {
        inputs.put(in.input(), in.type());
      }
    }
    return inputs;
  }
}
