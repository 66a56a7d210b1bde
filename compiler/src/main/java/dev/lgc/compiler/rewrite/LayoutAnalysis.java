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
import java.util.Optional;

/**
 * Finds the {@link Layout} of every value of a generator's full-sequence graph, and refuses what
 * lets one position see another in any way but causal attention: then a code could not be drawn
 * from the ones before it alone.
 */
final class LayoutAnalysis {
  private static final String ALONE =
      "between positions only causal attend may mix, so that codes can be drawn one by one";

  private final Graph graph;
  private final String codes;
  private final boolean doubled;
  private final Layout[] layouts;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * Analyses a graph.
   *
   * @param codes name of the input with the codes, [rows, positions]
   * @param doubled rows will be doubled, so that the axis of rows must be known everywhere
   */
  LayoutAnalysis(Graph graph, String codes, boolean doubled) {
    this.graph = graph;
    this.codes = codes;
    this.doubled = doubled;
    this.layouts = new Layout[graph.nodes().size()];
    for (int i = 0; i < layouts.length; i++) {
      Node n = graph.node(i);
      if (n.operands().stream().allMatch(o -> layouts[o] != null)) {
        layouts[i] = layout(n);
      }
    }
  }

  /** One layout per value; null where a problem or what depends on one is. */
  Layout[] layouts() {
    return layouts;
  }

  List<Problem> problems() {
    return problems;
  }

  private Layout of(Node n, int operand) {
    return layouts[n.operands().get(operand)];
  }

  private Shape shape(Node n, int operand) {
    return graph.node(n.operands().get(operand)).type().shape();
  }

  private Layout refuse(Node n, String found) {
    problems.add(Problem.at(n, found, ALONE));
    return null;
  }

  private Layout layout(Node n) {
    if (n.op() instanceof Input in) {
      return in.input().equals(codes)
          ? Layout.of(0, 1, 0)
          : Layout.of(n.type().shape().rank() > 0 ? 0 : -1, -1, 0);
    }
    if (n.operands().stream().allMatch(o -> layouts[o].fixed())) {
      return Layout.FIXED;
    }
    return switch (n.op()) {
      case Source s -> Layout.FIXED;
      case Uniform u -> {
        problems.add(Causality.drawn(n));
        yield null;
      }
      case Elementwise e -> joined(n);
      case Broadcast b -> {
        int lead = b.shape().rank() - shape(n, 0).rank();
        Layout x = of(n, 0);
        yield x.at(moved(x.rows(), lead), moved(x.seq(), lead));
      }
      case Reshape r -> reshape(n, r.shape());
      case Transpose t -> {
        Layout x = of(n, 0);
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

  private Layout joined(Node n) {
    Optional<Layout> all = Optional.of(Layout.FIXED);
    for (int o : n.operands()) {
      all = all.flatMap(a -> a.join(layouts[o]));
    }
    return all.orElseGet(() -> refuse(n, "combines different positions"));
  }

  private Layout reshape(Node n, Shape to) {
    Layout x = of(n, 0);
    Shape from = shape(n, 0);
    int rows = x.rows() < 0 ? -1 : leading(from, x.rows(), to);
    if (doubled && x.rows() >= 0 && rows < 0) {
      return refuse(n, "reshapes samples away");
    }
    if (x.seq() < 0) {
      return Layout.of(rows, -1, 0);
    }
    int seq = matching(from, x.seq(), to);
    return seq < 0
        ? refuse(n, Text.format("from %s to %s merges or splits the positions", from, to))
        : Layout.of(rows, seq, x.start());
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

  private Layout slice(Node n, Slice s) {
    Layout x = of(n, 0);
    if (s.axis() == x.rows()) {
      return doubled ? refuse(n, "takes samples apart") : x.at(-1, x.seq());
    }
    if (s.axis() != x.seq()) {
      return x;
    }
    int start = x.start() + s.start();
    int stop = x.start() + s.stop();
    if (stop <= 0) {
      return Layout.of(x.rows(), -1, 0);
    }
    boolean toEnd = s.stop() == shape(n, 0).dim(s.axis());
    return start <= 0 && toEnd
        ? Layout.of(x.rows(), x.seq(), start)
        : refuse(n, "takes some of the codes out of the sequence");
  }

  private Layout pad(Node n, Pad p) {
    Layout x = of(n, 0);
    if (x.seq() >= 0 && p.before().get(x.seq()) + p.after().get(x.seq()) > 0) {
      return refuse(n, "shifts the positions");
    }
    boolean more = x.rows() >= 0 && p.before().get(x.rows()) + p.after().get(x.rows()) > 0;
    return more && doubled ? refuse(n, "adds samples") : x;
  }

  /** Along positions: what precedes the codes, then the codes. */
  private Layout concat(Node n, Concat c) {
    Layout whole = Layout.FIXED;
    for (int o : n.operands()) {
      Optional<Layout> both = whole.join(layouts[o]);
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
        : Layout.of(whole.rows(), whole.seq(), whole.start() - before);
  }

  private Layout kept(Node n, int axis) {
    Layout x = of(n, 0);
    if (axis == x.seq()) {
      return refuse(n, "runs over the positions");
    }
    return axis == x.rows() && doubled ? refuse(n, "runs over the samples") : x;
  }

  private Layout reduced(Node n, List<Integer> axes) {
    Layout x = of(n, 0);
    if (axes.contains(x.seq())) {
      return refuse(n, "runs over the positions");
    }
    if (axes.contains(x.rows())) {
      return doubled ? refuse(n, "runs over the samples") : x.at(-1, without(x.seq(), axes));
    }
    return x.at(without(x.rows(), axes), without(x.seq(), axes));
  }

  private static int without(int axis, List<Integer> axes) {
    return axis - (int) axes.stream().filter(a -> a < axis).count();
  }

  private Layout contract(Node n, Contract c) {
    Layout all = Layout.FIXED;
    for (int k = 0; k < 2; k++) {
      Layout x = of(n, k);
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
      Optional<Layout> both = all.join(Layout.of(rows, seq, x.start()));
      if (both.isEmpty()) {
        return refuse(n, Text.format("%s pairs different positions", c.spec()));
      }
      all = both.get();
    }
    return all;
  }

  private Layout rotate(Node n) {
    Layout x = of(n, 0);
    Layout rope = of(n, 1);
    boolean fits = rope.fixed() || rope.seq() < 0 || (rope.seq() == 0 && rope.start() == x.start());
    return fits ? x : refuse(n, "rotates by the angles of other positions");
  }

  private Layout attend(Node n, Attend a) {
    Layout q = of(n, 0);
    Layout k = of(n, 1);
    Layout v = of(n, 2);
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
  private Layout other(Node n) {
    Op op = n.op();
    for (int o : n.operands()) {
      if (layouts[o].seq() >= 0) {
        return refuse(n, "mixes positions");
      }
    }
    boolean perSample = PerSample.is(op);
    if (doubled && !perSample) {
      return refuse(n, "is not known to treat samples alike");
    }
    return Layout.of(perSample ? of(n, 0).rows() : -1, -1, 0);
  }
}
