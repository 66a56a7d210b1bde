package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Broadcast;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * The values of a generator's full-sequence graph as they stand in a derived step, and the forms in
 * which operations need them: with rows and positions where the result has some.
 *
 * <pre>
 * full     x [rows, positions, d] + t [positions, d]
 * step     x [2 rows, 1, d] + t[position : position + 1]       a table: what it has at the position
 * prefill  x [2 rows, 1, d] + t[0 : 1]                         for one position before the codes
 * </pre>
 */
final class StepValues {
  /** Stands for a value that this step does not compute. */
  static final int EMPTY = -2;

  private final Graph full;
  private final SequenceAxes[] axes;
  private final boolean doubled;
  private final GraphBuilder b;
  private final Positions positions;
  private final StepCaches caches;
  private final int[] values;
  private final List<Problem> problems = new ArrayList<>();

  StepValues(
      Graph full,
      SequenceAxes[] axes,
      boolean doubled,
      GraphBuilder b,
      Positions positions,
      StepCaches caches) {
    this.full = full;
    this.axes = axes;
    this.doubled = doubled;
    this.b = b;
    this.positions = positions;
    this.caches = caches;
    this.values = new int[full.nodes().size()];
  }

  /** The reasons for which the step cannot be derived, to be added to; none where it can. */
  List<Problem> problems() {
    return problems;
  }

  void set(int i, int value) {
    values[i] = value;
  }

  /** Returns true if this step does not compute the value. */
  boolean isEmpty(int i) {
    return values[i] == EMPTY;
  }

  /** The value as this step computes it. */
  int computed(int i) {
    return values[i];
  }

  /** The value as it stands in this step: read from a cache where the step does not compute it. */
  int value(int i) {
    return isEmpty(i) && positions instanceof Positions.Single
        ? caches.held(i, full.node(i), held(i))
        : values[i];
  }

  /** The type of a value that is held for the step. */
  TensorType held(int i) {
    TensorType type = full.node(i).type();
    return type.withShape(adapted(type.shape(), axes[i]));
  }

  /** A shape of the full graph with its rows doubled and the positions of this step alone. */
  Shape adapted(Shape s, SequenceAxes l) {
    Shape t = s;
    if (doubled && l.rows() >= 0) {
      t = t.with(l.rows(), 2 * t.dim(l.rows()));
    }
    return l.seq() < 0 ? t : t.with(l.seq(), positions.length(l.start()));
  }

  /** The operands of an elementwise operation, each in the form of its result. */
  int[] operands(Node n, SequenceAxes l) {
    int[] x = new int[n.operands().size()];
    for (int k = 0; k < x.length; k++) {
      x[k] = operand(n, k, l);
    }
    return x;
  }

  /** An operand with the axes of {@code l}. */
  int operand(Node n, int operand, SequenceAxes l) {
    return with(n.operands().get(operand), l);
  }

  /**
   * A value with the axes of {@code l}: one without positions or rows is the same for all, or a
   * table over them.
   */
  int with(int i, SequenceAxes l) {
    SequenceAxes x = axes[i];
    boolean lacksPositions = l.seq() >= 0 && x.seq() < 0;
    boolean lacksRows = doubled && l.rows() >= 0 && x.rows() < 0;
    if (!lacksPositions && !lacksRows) {
      return value(i);
    }
    Node n = full.node(i);
    return switch (n.op()) {
      case Fill f -> b.fill(f.value(), f.type().withShape(adapted(f.type().shape(), l)));
      case Iota iota
          when !(lacksPositions && iota.axis() == l.seq())
              && !(lacksRows && iota.axis() == l.rows()) ->
          b.iota(iota.axis(), adapted(iota.type().shape(), l));
      case Broadcast c -> {
        Shape from = full.node(n.operands().getFirst()).type().shape();
        List<Integer> repeated = c.repeated(from);
        int lead = c.shape().rank() - from.rank();
        SequenceAxes inner =
            SequenceAxes.of(
                repeated.contains(l.rows()) || l.rows() < 0 ? -1 : l.rows() - lead,
                repeated.contains(l.seq()) || l.seq() < 0 ? -1 : l.seq() - lead,
                l.start());
        yield b.broadcast(operand(n, 0, inner), adapted(c.shape(), l));
      }
      case Elementwise e -> b.add(n.op(), operands(n, l));
      default -> taken(i, n, l, lacksPositions, lacksRows);
    };
  }

  private int taken(int i, Node n, SequenceAxes l, boolean lacksPositions, boolean lacksRows) {
    int v = value(i);
    if (lacksRows) {
      if (!axes[i].fixed()) {
        problems.add(Problem.at(n, "hides which axis is the samples'", "an axis of samples"));
      } else {
        v = b.concat(l.rows(), v, v);
      }
    }
    return lacksPositions ? positions.take(b, v, l.seq(), l.start()) : v;
  }
}
