package dev.lgc.compiler.shard;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.Slice;
import dev.lgc.compiler.op.Transpose;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The places at which later slices cut the axes of a graph's values. */
final class AxisCuts {
  private final Graph graph;

  /** By value and axis: the first element after each cut. */
  private final List<List<TreeSet<Integer>>> cuts = new ArrayList<>();

  AxisCuts(Graph graph) {
    this.graph = graph;
    for (Node n : graph.nodes()) {
      List<TreeSet<Integer>> axes = new ArrayList<>();
      n.type().shape().dims().forEach(d -> axes.add(new TreeSet<>()));
      cuts.add(axes);
    }
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      note(i);
    }
  }

  /** The segments between the cuts of an axis. */
  List<Integer> segments(int value, int axis) {
    List<Integer> segments = new ArrayList<>();
    int last = 0;
    for (int cut : cuts.get(value).get(axis)) {
      segments.add(cut - last);
      last = cut;
    }
    segments.add(graph.node(value).type().shape().dim(axis) - last);
    return segments;
  }

  /** Hands the cuts of a node's result to its operands. */
  private void note(int i) {
    Node n = graph.node(i);
    switch (n.op()) {
      case Slice s -> slice(i, n, s);
      case Elementwise _ -> n.operands().forEach(o -> every(i, o));
      case Transpose t -> {
        for (int a = 0; a < t.permutation().size(); a++) {
          add(n.operands().getFirst(), t.permutation().get(a), i, a, 0);
        }
      }
      case Reshape r -> reshape(i, n, r.shape());
      case Contract c -> {
        for (int a = 0; a < c.result().length(); a++) {
          for (int k = 0; k < 2; k++) {
            int at = (k == 0 ? c.left() : c.right()).indexOf(c.result().charAt(a));
            if (at >= 0) {
              add(n.operands().get(k), at, i, a, 0);
            }
          }
        }
      }
      default -> {} // further cuts are not needed to keep parts together
    }
  }

  private void every(int from, int to) {
    for (int a = 0; a < cuts.get(from).size(); a++) {
      add(to, a, from, a, 0);
    }
  }

  private void add(int value, int axis, int from, int fromAxis, int shift) {
    for (int cut : cuts.get(from).get(fromAxis)) {
      cuts.get(value).get(axis).add(cut + shift);
    }
  }

  private void slice(int i, Node n, Slice s) {
    int x = n.operands().getFirst();
    for (int a = 0; a < cuts.get(i).size(); a++) {
      add(x, a, i, a, a == s.axis() ? s.start() : 0);
    }
    TreeSet<Integer> own = cuts.get(x).get(s.axis());
    if (s.start() > 0) {
      own.add(s.start());
    }
    if (s.stop() < graph.node(x).type().shape().dim(s.axis())) {
      own.add(s.stop());
    }
  }

  /** Axes that a reshape leaves as they are. */
  private void reshape(int i, Node n, Shape to) {
    int x = n.operands().getFirst();
    Shape from = graph.node(x).type().shape();
    long before = 1;
    for (int a = 0; a < from.rank(); a++) {
      long beforeTo = 1;
      for (int b = 0; b < to.rank(); b++) {
        if (before == beforeTo && from.dim(a) == to.dim(b) && from.dim(a) > 1) {
          add(x, a, i, b, 0);
        }
        beforeTo *= to.dim(b);
      }
      before *= from.dim(a);
    }
  }
}
