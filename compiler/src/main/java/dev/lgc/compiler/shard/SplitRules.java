package dev.lgc.compiler.shard;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.ArgReduce;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Broadcast;
import dev.lgc.compiler.op.Concat;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.DynamicSlice;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.LogSoftmax;
import dev.lgc.compiler.op.LogSumExp;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Pad;
import dev.lgc.compiler.op.Reduce;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.Rotate;
import dev.lgc.compiler.op.Slice;
import dev.lgc.compiler.op.Softmax;
import dev.lgc.compiler.op.Transpose;
import dev.lgc.compiler.rewrite.storage.AxisSplit;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The splits with which operations can compute parts of their results from parts of their operands,
 * without a word between ranks.
 */
final class SplitRules {
  private final Graph graph;

  SplitRules(Graph graph) {
    this.graph = graph;
  }

  private Shape shape(Node n, int operand) {
    return graph.node(n.operands().get(operand)).type().shape();
  }

  /**
   * The split of a result that a split of one operand leads to.
   *
   * @return empty if the operation does not keep the axis, or needs more than a part of it
   */
  Optional<AxisSplit> result(Node n, int operand, AxisSplit s) {
    boolean first = operand == 0;
    return switch (n.op()) {
      case Elementwise _ -> Optional.of(s);
      case Broadcast b -> Optional.of(s.at(s.axis() + b.shape().rank() - shape(n, 0).rank()));
      case Reshape r -> s.reshaped(shape(n, 0), r.shape());
      case Transpose t -> Optional.of(s.at(t.permutation().indexOf(s.axis())));
      case Slice c -> other(c.axis(), s);
      case Concat c -> other(c.axis(), s);
      case Pad p -> untouched(p, s);
      case Reduce r -> reduced(r.axes(), s);
      case LogSumExp l -> reduced(l.axes(), s);
      case ArgReduce a -> reduced(List.of(a.axis()), s);
      case Softmax x -> x.axis() == s.axis() ? Optional.empty() : Optional.of(s);
      case LogSoftmax x -> x.axis() == s.axis() ? Optional.empty() : Optional.of(s);
      case Contract c -> {
        int axis = c.result().indexOf((first ? c.left() : c.right()).charAt(s.axis()));
        yield axis < 0 ? Optional.empty() : Optional.of(s.at(axis));
      }
      case Gather _ ->
          first && s.axis() > 0
              ? Optional.of(s.at(s.axis() - 1 + shape(n, 1).rank()))
              : Optional.empty();
      case DynamicUpdate u -> operand < 2 ? other(u.axis(), s) : Optional.empty();
      case DynamicSlice d -> first ? other(d.axis(), s) : Optional.empty();
      case Rotate r -> first ? heads(s, r.heads()) : Optional.empty();
      case Attend a ->
          operand < 3 && heads(s, a.kvHeads()).isPresent()
              ? AxisSplit.of(2, List.of(shape(n, 0).dim(2)), s.ranks())
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static Optional<AxisSplit> other(int axis, AxisSplit s) {
    return axis == s.axis() ? Optional.empty() : Optional.of(s);
  }

  private static Optional<AxisSplit> untouched(Pad p, AxisSplit s) {
    boolean grows = p.before().get(s.axis()) != 0 || p.after().get(s.axis()) != 0;
    return grows ? Optional.empty() : Optional.of(s);
  }

  private static Optional<AxisSplit> reduced(List<Integer> axes, AxisSplit s) {
    int before = (int) axes.stream().filter(a -> a < s.axis()).count();
    return axes.contains(s.axis()) ? Optional.empty() : Optional.of(s.at(s.axis() - before));
  }

  /** Heads lie along the last of three axes: ranks have whole heads, as many each. */
  private static Optional<AxisSplit> heads(AxisSplit s, int heads) {
    return s.axis() == 2 && s.isContiguous() && heads % s.ranks() == 0
        ? Optional.of(s)
        : Optional.empty();
  }

  /**
   * The splits of the operands with which a node computes its part of a result: nothing of one that
   * it needs whole.
   *
   * @return empty if it cannot compute a part
   */
  Optional<List<Optional<AxisSplit>>> operands(Node n, AxisSplit s) {
    return switch (n.op()) {
      case Fill _ -> Optional.of(List.of());
      case Iota i -> i.axis() == s.axis() ? Optional.empty() : Optional.of(List.of());
      case Elementwise _ -> all(n, s);
      case Concat c -> c.axis() == s.axis() ? Optional.empty() : all(n, s);
      case Broadcast b -> {
        int axis = s.axis() - (b.shape().rank() - shape(n, 0).rank());
        boolean repeated = b.repeated(shape(n, 0)).contains(s.axis());
        yield Optional.of(List.of(repeated ? Optional.empty() : Optional.of(s.at(axis))));
      }
      case Reshape r -> s.reshaped(r.shape(), shape(n, 0)).map(x -> List.of(Optional.of(x)));
      case Transpose t -> first(n, s.at(t.permutation().get(s.axis())));
      case Slice c -> c.axis() == s.axis() ? Optional.empty() : first(n, s);
      case Pad p -> untouched(p, s).flatMap(x -> first(n, x));
      case Reduce r -> first(n, s.at(unreduced(r.axes(), s.axis())));
      case LogSumExp l -> first(n, s.at(unreduced(l.axes(), s.axis())));
      case ArgReduce a -> first(n, s.at(unreduced(List.of(a.axis()), s.axis())));
      case Softmax x -> other(x.axis(), s).flatMap(y -> first(n, y));
      case LogSoftmax x -> other(x.axis(), s).flatMap(y -> first(n, y));
      case Contract c -> {
        char label = c.result().charAt(s.axis());
        yield Optional.of(List.of(labelled(c.left(), label, s), labelled(c.right(), label, s)));
      }
      case Gather _ -> {
        int axis = s.axis() - shape(n, 1).rank() + 1;
        yield axis > 0 ? first(n, s.at(axis)) : Optional.empty();
      }
      case DynamicUpdate u ->
          other(u.axis(), s).map(x -> List.of(Optional.of(x), Optional.of(x), Optional.empty()));
      case DynamicSlice d -> other(d.axis(), s).flatMap(x -> first(n, x));
      case Rotate r -> heads(s, r.heads()).flatMap(x -> first(n, x));
      case Attend a -> heads(s, a.kvHeads()).flatMap(x -> attended(n, x));
      default -> Optional.empty();
    };
  }

  private static Optional<List<Optional<AxisSplit>>> all(Node n, AxisSplit s) {
    return Optional.of(Collections.nCopies(n.operands().size(), Optional.of(s)));
  }

  /** The first operand split, the others whole. */
  private static Optional<List<Optional<AxisSplit>>> first(Node n, AxisSplit s) {
    List<Optional<AxisSplit>> operands =
        new ArrayList<>(Collections.nCopies(n.operands().size(), Optional.empty()));
    operands.set(0, Optional.of(s));
    return Optional.of(operands);
  }

  static Optional<AxisSplit> labelled(String labels, char label, AxisSplit s) {
    int axis = labels.indexOf(label);
    return axis < 0 ? Optional.empty() : Optional.of(s.at(axis));
  }

  private static int unreduced(List<Integer> axes, int axis) {
    int at = axis;
    for (int folded : axes) {
      if (folded <= at) {
        at++;
      }
    }
    return at;
  }

  /** Queries, keys and values split by heads; keys and values may have fewer. */
  private Optional<List<Optional<AxisSplit>>> attended(Node n, AxisSplit s) {
    List<Optional<AxisSplit>> operands =
        new ArrayList<>(Collections.nCopies(n.operands().size(), Optional.empty()));
    for (int k = 0; k < 3; k++) {
      operands.set(k, AxisSplit.of(2, List.of(shape(n, k).dim(2)), s.ranks()));
    }
    return Optional.of(operands);
  }

  /** The operation by which one rank computes its part of a result. */
  static Op local(Op op, AxisSplit s) {
    int ranks = s.ranks();
    return switch (op) {
      case Fill f -> new Fill(f.value(), s.local(f.type()));
      case Iota i -> new Iota(i.axis(), s.local(i.type()));
      case Reshape r -> new Reshape(s.local(r.shape()));
      case Broadcast b -> new Broadcast(s.local(b.shape()));
      case Slice c when c.axis() == s.axis() ->
          new Slice(c.axis(), c.start() / ranks, c.stop() / ranks);
      case Rotate r -> new Rotate(r.heads() / ranks, r.transposed());
      case Attend a ->
          new Attend(
              a.heads() / ranks,
              a.kvHeads() / ranks,
              a.scale(),
              a.causal(),
              a.keys(),
              a.positioned());
      default -> op;
    };
  }
}
