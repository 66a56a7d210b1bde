package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.ArgReduce;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Broadcast;
import dev.lgc.compiler.op.Concat;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.LogSoftmax;
import dev.lgc.compiler.op.LogSumExp;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Pad;
import dev.lgc.compiler.op.Pick;
import dev.lgc.compiler.op.Reduce;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.Rotate;
import dev.lgc.compiler.op.Slice;
import dev.lgc.compiler.op.Softmax;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.Transpose;
import dev.lgc.compiler.op.Uniform;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the {@link SequenceAxes} of every value of a generator's full-sequence graph, and refuses
 * what lets one position see another in any way but causal attention: then a code could not be
 * drawn from the ones before it alone.
 */
public final class SequenceAnalysis {
  private static final String ALONE =
      "between positions only causal attend may mix, so that codes can be drawn one by one";

  private final Graph graph;
  private final Decoding decoding;
  private final boolean doubled;
  private final SequenceAxes[] axes;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * Analyses a graph.
   *
   * @param graph outputs {@code logits} and {@code null.NAME} for conditions; the input with the
   *     codes is [rows, positions]
   * @param decoding if it is guided, rows will be doubled, so that the axis of rows must be known
   *     everywhere
   */
  public SequenceAnalysis(Graph graph, Decoding decoding) {
    this.graph = graph;
    this.decoding = decoding;
    this.doubled = decoding.guided();
    this.axes = new SequenceAxes[graph.nodes().size()];
    for (int i = 0; i < axes.length; i++) {
      Node n = graph.node(i);
      if (n.operands().stream().allMatch(o -> axes[o] != null)) {
        axes[i] = axes(n);
      }
    }
  }

  /** The axes of each value; null for a problem and what depends on one. */
  SequenceAxes[] axes() {
    return axes;
  }

  List<Problem> problems() {
    return problems;
  }

  Graph graph() {
    return graph;
  }

  Decoding decoding() {
    return decoding;
  }

  /**
   * Returns true if each output has its samples and its positions along the same axes as the output
   * that it is paired with.
   */
  public boolean haveSameAxes(Map<String, String> pairs) {
    return pairs.entrySet().stream()
        .allMatch(
            p -> {
              SequenceAxes one = axes[graph.outputs().get(p.getKey())];
              return one != null && one.equals(axes[graph.outputs().get(p.getValue())]);
            });
  }

  private SequenceAxes of(Node n, int operand) {
    return axes[n.operands().get(operand)];
  }

  private Shape shape(Node n, int operand) {
    return graph.node(n.operands().get(operand)).type().shape();
  }

  private SequenceAxes refuse(Node n, String found) {
    problems.add(Problem.at(n, found, ALONE));
    return null;
  }

  private SequenceAxes axes(Node n) {
    if (n.op() instanceof Input in) {
      return in.input().equals(decoding.codes())
          ? SequenceAxes.of(0, 1, 0)
          : SequenceAxes.of(n.type().shape().rank() > 0 ? 0 : -1, -1, 0);
    }
    if (n.operands().stream().allMatch(o -> axes[o].fixed())) {
      return SequenceAxes.FIXED;
    }
    return switch (n.op()) {
      case Source s -> SequenceAxes.FIXED;
      case Uniform u -> {
        problems.add(Causality.drawn(n));
        yield null;
      }
      case Elementwise e -> joined(n);
      case Broadcast b -> {
        int lead = b.shape().rank() - shape(n, 0).rank();
        SequenceAxes x = of(n, 0);
        yield x.at(moved(x.rows(), lead), moved(x.seq(), lead));
      }
      case Reshape r -> reshape(n, r.shape());
      case Transpose t -> {
        SequenceAxes x = of(n, 0);
        yield x.at(t.permutation().indexOf(x.rows()), t.permutation().indexOf(x.seq()));
      }
      case Slice s -> slice(n, s);
      case Pad p -> pad(n, p);
      case Concat c -> concat(n, c);
      case Reduce r -> reduced(n, r.axes());
      case LogSumExp l -> reduced(n, l.axes());
      case ArgReduce a -> reduced(n, List.of(a.axis()));
      case Softmax s -> kept(n, s.axis());
      case LogSoftmax s -> kept(n, s.axis());
      case Contract c -> contract(n, c);
      case Gather g ->
          of(n, 0).fixed()
              ? of(n, 1)
              : refuse(n, "looks up in a table that varies with the sample");
      case Pick p -> joined(n);
      case Rotate r -> rotate(n);
      case Attend a -> attend(n, a);
      default -> other(n);
    };
  }

  private static int moved(int axis, int by) {
    return axis < 0 ? axis : axis + by;
  }

  private SequenceAxes joined(Node n) {
    Optional<SequenceAxes> all = Optional.of(SequenceAxes.FIXED);
    for (int o : n.operands()) {
      all = all.flatMap(a -> a.join(axes[o]));
    }
    return all.orElseGet(() -> refuse(n, "combines different positions"));
  }

  private SequenceAxes reshape(Node n, Shape to) {
    SequenceAxes x = of(n, 0);
    Shape from = shape(n, 0);
    int rows = x.rows() < 0 ? -1 : leading(from, x.rows(), to);
    if (doubled && x.rows() >= 0 && rows < 0) {
      return refuse(n, "reshapes samples away");
    }
    if (x.seq() < 0) {
      return SequenceAxes.of(rows, -1, 0);
    }
    int seq = matching(from, x.seq(), to);
    return seq < 0
        ? refuse(n, Text.format("from %s to %s merges or splits the positions", from, to))
        : SequenceAxes.of(rows, seq, x.start());
  }

  /**
   * The axis of {@code to} that starts where {@code axis} does and has whole multiples of its
   * extent.
   */
  private static int leading(Shape from, int axis, Shape to) {
    return matching(from, axis, to, false);
  }

  /** The axis of {@code to} that is {@code axis}. */
  private static int matching(Shape from, int axis, Shape to) {
    return matching(from, axis, to, true);
  }

  private static int matching(Shape from, int axis, Shape to, boolean equal) {
    long before = 1;
    for (int i = 0; i < axis; i++) {
      before *= from.dim(i);
    }
    int found = -1;
    long so = 1;
    for (int i = 0; i < to.rank(); i++) {
      int extent = to.dim(i);
      boolean fits = equal ? extent == from.dim(axis) : extent % from.dim(axis) == 0;
      if (so == before && fits && (found < 0 || i == axis)) {
        found = i;
      }
      so *= extent;
    }
    return found;
  }

  private SequenceAxes slice(Node n, Slice s) {
    SequenceAxes x = of(n, 0);
    if (s.axis() == x.rows()) {
      return doubled ? refuse(n, "takes samples apart") : x.at(-1, x.seq());
    }
    if (s.axis() != x.seq()) {
      return x;
    }
    int start = x.start() + s.start();
    int stop = x.start() + s.stop();
    if (stop <= 0) {
      return SequenceAxes.of(x.rows(), -1, 0);
    }
    boolean toEnd = s.stop() == shape(n, 0).dim(s.axis());
    return start <= 0 && toEnd
        ? SequenceAxes.of(x.rows(), x.seq(), start)
        : refuse(n, "takes some of the codes out of the sequence");
  }

  private SequenceAxes pad(Node n, Pad p) {
    SequenceAxes x = of(n, 0);
    if (x.seq() >= 0 && p.before().get(x.seq()) + p.after().get(x.seq()) > 0) {
      return refuse(n, "shifts the positions");
    }
    boolean more = x.rows() >= 0 && p.before().get(x.rows()) + p.after().get(x.rows()) > 0;
    return more && doubled ? refuse(n, "adds samples") : x;
  }

  /** Along positions: what precedes the codes, then the codes. */
  private SequenceAxes concat(Node n, Concat c) {
    SequenceAxes whole = SequenceAxes.FIXED;
    for (int o : n.operands()) {
      Optional<SequenceAxes> both = whole.join(axes[o]);
      if (both.isEmpty()) {
        return refuse(n, "joins different positions");
      }
      whole = both.get();
    }
    if (c.axis() == whole.rows() && doubled) {
      return refuse(n, "joins samples");
    }
    if (c.axis() != whole.seq()) {
      return whole;
    }
    int last = n.operands().size() - 1;
    int before = 0;
    for (int k = 0; k < last; k++) {
      if (of(n, k).seq() >= 0) {
        return refuse(n, "puts something after the codes");
      }
      before += shape(n, k).dim(c.axis());
    }
    return whole.start() > 0 || of(n, last).seq() < 0
        ? refuse(n, "puts something after the codes")
        : SequenceAxes.of(whole.rows(), whole.seq(), whole.start() - before);
  }

  private SequenceAxes kept(Node n, int axis) {
    SequenceAxes x = of(n, 0);
    if (axis == x.seq()) {
      return refuse(n, "runs over the positions");
    }
    return axis == x.rows() && doubled ? refuse(n, "runs over the samples") : x;
  }

  private SequenceAxes reduced(Node n, List<Integer> folded) {
    SequenceAxes x = of(n, 0);
    if (folded.contains(x.seq())) {
      return refuse(n, "runs over the positions");
    }
    if (folded.contains(x.rows())) {
      return doubled ? refuse(n, "runs over the samples") : x.at(-1, without(x.seq(), folded));
    }
    return x.at(without(x.rows(), folded), without(x.seq(), folded));
  }

  private static int without(int axis, List<Integer> folded) {
    return axis - (int) folded.stream().filter(a -> a < axis).count();
  }

  private SequenceAxes contract(Node n, Contract c) {
    SequenceAxes all = SequenceAxes.FIXED;
    for (int k = 0; k < 2; k++) {
      SequenceAxes x = of(n, k);
      if (x.fixed()) {
        continue;
      }
      String labels = k == 0 ? c.left() : c.right();
      int rows = x.rows() < 0 ? -1 : c.result().indexOf(labels.charAt(x.rows()));
      int seq = x.seq() < 0 ? -1 : c.result().indexOf(labels.charAt(x.seq()));
      if (x.seq() >= 0 && seq < 0) {
        return refuse(n, Text.format("%s sums over the positions", c.spec()));
      }
      if (x.rows() >= 0 && rows < 0 && doubled) {
        return refuse(n, Text.format("%s sums over the samples", c.spec()));
      }
      Optional<SequenceAxes> both = all.join(SequenceAxes.of(rows, seq, x.start()));
      if (both.isEmpty()) {
        return refuse(n, Text.format("%s pairs different positions", c.spec()));
      }
      all = both.get();
    }
    return all;
  }

  private SequenceAxes rotate(Node n) {
    SequenceAxes x = of(n, 0);
    SequenceAxes rope = of(n, 1);
    boolean fits = rope.fixed() || rope.seq() < 0 || (rope.seq() == 0 && rope.start() == x.start());
    return fits ? x : refuse(n, "rotates by the angles of other positions");
  }

  private SequenceAxes attend(Node n, Attend a) {
    SequenceAxes q = of(n, 0);
    SequenceAxes k = of(n, 1);
    SequenceAxes v = of(n, 2);
    boolean codesSeen = k.seq() >= 0 || v.seq() >= 0;
    if (!codesSeen) {
      return a.causal() && q.seq() >= 0 ? refuse(n, "is causal over other keys than the codes") : q;
    }
    if (!a.causal()) {
      return refuse(n, "sees later positions");
    }
    boolean aligned = q.seq() == 1 && k.equals(q) && v.equals(q);
    boolean keysFit = !a.keys() || of(n, 3).seq() < 0 || of(n, 3).equals(k);
    return aligned && keysFit ? q : refuse(n, "has queries and keys at different positions");
  }

  /** Whatever else is computed from conditions alone is computed once, in the prefill. */
  private SequenceAxes other(Node n) {
    Op op = n.op();
    for (int o : n.operands()) {
      if (axes[o].seq() >= 0) {
        return refuse(n, "mixes positions");
      }
    }
    boolean perSample = PerSample.is(op);
    if (doubled && !perSample) {
      return refuse(n, "is not known to treat samples alike");
    }
    return SequenceAxes.of(perSample ? of(n, 0).rows() : -1, -1, 0);
  }
}
