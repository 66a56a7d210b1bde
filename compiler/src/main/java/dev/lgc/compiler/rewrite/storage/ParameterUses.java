package dev.lgc.compiler.rewrite.storage;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.After;
import dev.lgc.compiler.op.Cast;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.Movement;
import dev.lgc.compiler.op.Stored;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The nodes of a graph that read parameters of which ranks store blocks. A node that only moves
 * such a parameter, or computes element by element of it and of constants, is a <em>view</em>:
 * copied rather than kept, so that what reads it is what reads the parameter. A view that narrows a
 * parameter can be taken of blocks as well.
 *
 * <pre>
 * %1 = stored w : [64, 64]
 * %2 = cast bf16 %1                  a view of w in BF16
 * %3 = transpose %2                  a view of the same
 * %4 = contract %0 %3                reads w in BF16
 * </pre>
 */
final class ParameterUses {
  private final Graph graph;

  /** By node: the parameters that it is a view of; empty for other nodes. */
  private final List<Set<WholeParameter>> views = new ArrayList<>();

  /**
   * A parameter in the type in which it is read.
   *
   * @param path of the parameter
   */
  record WholeParameter(String path, DType dtype) implements Comparable<WholeParameter> {
    @Override
    public int compareTo(WholeParameter o) {
      int byPath = path.compareTo(o.path);
      return byPath != 0 ? byPath : dtype.compareTo(o.dtype);
    }
  }

  /**
   * @param paths of the parameters
   */
  ParameterUses(Graph graph, Set<String> paths) {
    this.graph = graph;
    boolean[] constant = new boolean[graph.nodes().size()];
    for (int i = 0; i < constant.length; i++) {
      Node n = graph.node(i);
      List<Integer> read = read(n);
      boolean copied = n.op() instanceof Movement || n.op() instanceof Elementwise;
      constant[i] =
          n.op() instanceof Fill
              || n.op() instanceof Iota
              || n.op() instanceof Dense
              || copied && read.stream().allMatch(o -> constant[o]);
      Set<WholeParameter> of = new TreeSet<>();
      if (n.op() instanceof Stored s && paths.contains(s.path())) {
        of.add(new WholeParameter(s.path(), DType.F32));
      } else if (narrowed(i).isPresent()) {
        of.add(narrowed(i).get());
      } else if (copied && read.stream().allMatch(o -> constant[o] || isView(o))) {
        read.forEach(o -> of.addAll(views.get(o)));
      }
      views.add(of);
    }
  }

  /** The operands whose elements a node reads. */
  private static List<Integer> read(Node n) {
    return n.op() instanceof After ? n.operands().subList(0, 1) : n.operands();
  }

  /** Returns true for a parameter and for a view. */
  boolean isView(int n) {
    return !views.get(n).isEmpty();
  }

  /** The parameters that a node is a view of. */
  Set<WholeParameter> of(int n) {
    return views.get(n);
  }

  /** The parameters that a node reads which is no view itself. */
  Set<WholeParameter> readBy(int n) {
    Set<WholeParameter> all = new TreeSet<>();
    if (!isView(n)) {
      graph.node(n).operands().forEach(o -> all.addAll(views.get(o)));
    }
    return all;
  }

  /** The parameter that a node narrows, as it stands or held back. */
  Optional<WholeParameter> narrowed(int n) {
    if (!(graph.node(n).op() instanceof Cast c)
        || !c.dtype().isFloat()
        || c.dtype().bytes() >= DType.F32.bytes()) {
      return Optional.empty();
    }
    int o = graph.node(n).operands().getFirst();
    while (graph.node(o).op() instanceof After && isView(o)) {
      o = graph.node(o).operands().getFirst();
    }
    return graph.node(o).op() instanceof Stored s && isView(o)
        ? Optional.of(new WholeParameter(s.path(), c.dtype()))
        : Optional.empty();
  }
}
