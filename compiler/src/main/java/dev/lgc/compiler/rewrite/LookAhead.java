package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Primitive;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the operation that brings later codes in, of a graph whose logits look ahead. From the
 * logits back, along values that see further than the position they stand at, to the first
 * operation of a value that does not.
 *
 * <p>The position of an element is its index on the axis of positions, counted so that the last
 * index is the last position: whatever precedes the codes stands in front. Which axis that is, is
 * not known; it is the one, or the adjacent ones, by which the value looks ahead the least.
 */
final class LookAhead {
  private final Graph graph;
  private final Levels[] levels;
  private final int positions;
  private final int rows;

  /**
   * @param graph without composites
   * @param levels of every value
   */
  private LookAhead(Graph graph, Levels[] levels, int logits) {
    this.graph = graph;
    this.levels = levels;
    this.positions = graph.node(logits).type().shape().dim(1);
    this.rows = graph.node(logits).type().shape().dim(0);
  }

  /** The operation that is why the logits look ahead. */
  static Node culprit(Graph graph, Levels[] levels, int logits) {
    return new LookAhead(graph, levels, logits).from(logits);
  }

  private Node from(int logits) {
    int n = logits;
    Node last = graph.node(logits);
    while (graph.node(n).op() instanceof Primitive) {
      // What only renumbers elements is no reason.
      last = graph.node(n).op() instanceof Reshape ? last : graph.node(n);
      int next = -1;
      int most = 0;
      boolean here = false;
      for (int k = 0; k < graph.node(n).operands().size(); k++) {
        int o = graph.node(n).operands().get(k);
        int alone = ahead(only(n, k), graph.node(n).type());
        boolean before = ahead(o) > 0 || graph.node(n).op() instanceof Reshape;
        here |= alone > 0 && !before;
        if (alone > most && before) {
          most = alone;
          next = o;
        }
      }
      if (next < 0) {
        return here ? graph.node(n) : last;
      }
      n = next;
    }
    return last;
  }

  /** The levels of a value if none of its operands but one saw any code. */
  private Levels only(int node, int operand) {
    Node n = graph.node(node);
    List<TensorType> types = n.operands().stream().map(o -> graph.node(o).type()).toList();
    List<Levels> of = new ArrayList<>();
    int seen = n.operands().get(operand);
    for (int o : n.operands()) {
      Levels l = levels[o];
      of.add(o == seen ? l : new Levels(l.extents(), new int[l.levels().length], l.known()));
    }
    return LevelEvaluation.of(((Primitive) n.op()).algorithm(types), of);
  }

  private int ahead(int node) {
    return ahead(levels[node], graph.node(node).type());
  }

  /** The most codes too many that an element sees; 0 or less if each sees earlier ones only. */
  private int ahead(Levels l, TensorType type) {
    int rank = type.shape().rank();
    int least = Integer.MAX_VALUE;
    for (int first = 0; first < rank; first++) {
      long extent = 1;
      for (int last = first; last < rank; last++) {
        extent *= type.shape().dim(last);
        boolean samples = first == 0 && last == 0 && extent == rows;
        if (!samples
            && extent >= positions - 1L
            && extent < Integer.MAX_VALUE
            && varies(l, first)) {
          least = Math.min(least, ahead(l, type, first, last, (int) extent));
        }
      }
    }
    return least == Integer.MAX_VALUE ? l.highest() : least;
  }

  private static boolean varies(Levels l, int axis) {
    return l.extents()[axis] > 1;
  }

  /** With positions on the axes from {@code first} to {@code last}. */
  private int ahead(Levels l, TensorType type, int first, int last, int extent) {
    boolean joined = first == 0 && extent == rows * positions;
    int most = Integer.MIN_VALUE;
    int[] index = new int[l.extents().length];
    for (int level : l.levels()) {
      int at = 0;
      for (int d = first; d <= last; d++) {
        at = at * type.shape().dim(d) + index[d];
      }
      int position = joined ? at % positions : Math.max(0, at - (extent - positions));
      most = Math.max(most, level - position);
      for (int d = index.length - 1; d >= 0 && ++index[d] == l.extents()[d]; d--) {
        index[d] = 0;
      }
    }
    return most;
  }
}
