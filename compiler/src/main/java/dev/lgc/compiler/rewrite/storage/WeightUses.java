package dev.lgc.compiler.rewrite.storage;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The ways in which the steps of a plan read its weights. */
final class WeightUses {
  private WeightUses() {}

  /**
   * The F32 parameters of two or more dimensions that all steps only read as factors of
   * contractions or, where {@code rows} says so, by looking up rows; with the axes that every use
   * keeps: neither none nor all.
   */
  static Map<StorageDeclaration, Set<Integer>> readOnly(
      List<Graph> graphs, List<StorageDeclaration> stored, boolean rows) {
    Map<String, Set<Integer>> kept = new TreeMap<>();
    graphs.forEach(g -> note(g, rows, kept));
    Map<StorageDeclaration, Set<Integer>> found = new LinkedHashMap<>();
    for (StorageDeclaration d : stored) {
      int rank = d.type().shape().rank();
      Optional<Set<Integer>> axes = Optional.ofNullable(kept.get(d.name()));
      if (d.id().role() == Role.PARAMETER
          && d.type().dtype() == DType.F32
          && rank >= 2
          && axes.filter(a -> !a.isEmpty() && a.size() < rank).isPresent()) {
        found.put(d, axes.get());
      }
    }
    return found;
  }

  /** Notes which axes all uses of each stored tensor keep: none if it is used in another way. */
  private static void note(Graph g, boolean rows, Map<String, Set<Integer>> kept) {
    List<List<Integer>> users = Graphs.users(g);
    for (int i = 0; i < g.nodes().size(); i++) {
      if (g.node(i).op() instanceof Stored s) {
        Set<Integer> all = kept.computeIfAbsent(s.path(), p -> axes(s.type().shape().rank()));
        for (int u : users.get(i)) {
          all.retainAll(keptBy(g, g.node(u), i, rows));
        }
        if (g.outputs().containsValue(i) || g.updates().containsValue(i)) {
          all.clear();
        }
      }
    }
  }

  static Set<Integer> axes(int rank) {
    Set<Integer> axes = new TreeSet<>();
    for (int i = 0; i < rank; i++) {
      axes.add(i);
    }
    return axes;
  }

  /** The axes of an operand that a use of it does not sum over. */
  private static Set<Integer> keptBy(Graph g, Node user, int operand, boolean rows) {
    List<Integer> operands = user.operands();
    if (operands.getFirst().equals(operands.getLast()) && operands.size() > 1) {
      return Set.of();
    }
    // Sums of a kernel's weights make a kernel, whose factors are rounded when it is multiplied.
    if (operands.stream().anyMatch(o -> g.node(o).op() instanceof Dense)) {
      return Set.of();
    }
    if (user.op() instanceof Contract c) {
      String labels = operands.getFirst() == operand ? c.left() : c.right();
      Set<Integer> kept = axes(labels.length());
      kept.removeIf(i -> c.result().indexOf(labels.charAt(i)) < 0);
      return kept;
    }
    boolean lookup = user.op() instanceof Gather && operands.getFirst() == operand;
    return rows && lookup ? Set.of(0) : Set.of();
  }
}
