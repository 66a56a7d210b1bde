package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Broadcast;
import dev.lgc.compiler.op.Concat;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Pick;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.Rotate;
import dev.lgc.compiler.op.Slice;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.dsl.model.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Rewrites a generator's full-sequence graph for some {@link Positions}: the prefill computes what
 * precedes the codes, the step one code's position. Causal attention becomes attention over caches
 * of keys and values, which both fill ({@link CachedAttention}); what depends on the conditions
 * alone is computed by the prefill and held in caches for the step ({@link StepCaches}). With
 * guidance every row is there twice, first with its conditions, then with their nulls.
 *
 * <pre>
 * full     c = embed(label)   h = gather(table, codes)   x = concat(c, h)   y = f(x)   [n, 1 + codes, d]
 * prefill  c = embed(label ‖ null)                       x = c              y = f(x)   [2n, 1, d]
 * step                        h = gather(table, token)   x = h              y = f(x)   [2n, 1, d]
 * </pre>
 *
 * <p>Deriving the step first tells what the prefill has to hold.
 */
public final class Incremental {
  private final Graph full;
  private final SequenceAxes[] axes;
  private final boolean doubled;
  private final GraphBuilder b;
  private final Positions positions;
  private final Map<String, Integer> inputs;
  private final StepCaches caches;
  private final StepValues values;
  private final CachedAttention attention;

  private Incremental(
      SequenceAnalysis analysis, GraphBuilder b, Positions positions, Map<String, Integer> inputs) {
    this.full = analysis.graph();
    this.axes = analysis.axes();
    this.doubled = analysis.decoding().guided();
    this.b = b;
    this.positions = positions;
    this.inputs = inputs;
    this.caches = new StepCaches(analysis.decoding().owner(), b, positions);
    this.values = new StepValues(full, axes, doubled, b, positions, caches);
    this.attention = new CachedAttention(full, axes, doubled, b, positions, values, caches);
  }

  /**
   * A derived step.
   *
   * @param logits [rows, 1, codes] after the last position, {@link Terms#NONE} where there are
   *     problems
   * @param updates of caches, by key
   * @param caches that it reads or writes
   * @param held numbers of the full graph's values that the step expects the prefill to hold
   */
  public record Part(
      int logits,
      Map<String, Integer> updates,
      List<StorageDeclaration> caches,
      List<Integer> held,
      List<Problem> problems) {}

  /**
   * Adds the step of the code at a position.
   *
   * @param full of the full-sequence graph
   * @param token value int[n], the code at {@code position}
   * @param position value int[]
   */
  public static Part step(GraphBuilder b, SequenceAnalysis full, int token, int position) {
    Map<String, Integer> inputs = Map.of(full.decoding().codes(), token);
    return new Incremental(full, b, new Positions.Single(position), inputs)
        .part(full.problems(), List.of());
  }

  /**
   * Adds the prefill.
   *
   * @param full of the full-sequence graph
   * @param conditions values of the full graph's other inputs by name, [n, …]
   * @param held what the step expects
   */
  public static Part prefill(
      GraphBuilder b, SequenceAnalysis full, Map<String, Integer> conditions, List<Integer> held) {
    return new Incremental(full, b, new Positions.Prefix(), conditions).part(full.problems(), held);
  }

  private Part part(List<Problem> found, List<Integer> hold) {
    List<Problem> problems = values.problems();
    problems.addAll(found);
    int logits = Terms.NONE;
    if (problems.isEmpty()) {
      everything();
      int whole = full.outputs().get("logits");
      SequenceAxes l = axes[whole];
      if (l.seq() != 1 || l.start() != -1 || l.rows() > 0) {
        String what = "gives logits that do not start right before the first code";
        problems.add(Problem.at(full.node(whole), what, "return logits [rows, codes, classes]"));
      } else {
        logits = values.computed(whole);
      }
      for (int i : hold) {
        caches.hold(i, full.node(i), values.held(i), values.computed(i));
      }
    }
    return new Part(logits, caches.updates(), caches.all(), caches.held(), List.copyOf(problems));
  }

  private void everything() {
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < axes.length; i++) {
        if (axes[i].fixed() == (pass == 0)) {
          int value = i;
          Node n = full.node(i);
          values.set(i, b.at(n.origin(), () -> node(value, n)));
        }
      }
    }
  }

  private boolean stepping() {
    return positions instanceof Positions.Single;
  }

  private int node(int i, Node n) {
    SequenceAxes l = axes[i];
    if (l.fixed()) {
      return b.add(n.op(), n.operands().stream().mapToInt(values::computed).toArray());
    }
    if (l.condition() && stepping()) {
      return StepValues.EMPTY; // Held by the prefill, if anybody asks.
    }
    if (l.seq() >= 0 && positions.length(l.start()) == 0) {
      return StepValues.EMPTY;
    }
    return switch (n.op()) {
      case Input in -> input(n, in.input(), l);
      case Elementwise e -> b.add(n.op(), values.operands(n, l));
      case Pick p -> b.add(n.op(), values.operands(n, l));
      case Broadcast x -> b.broadcast(value(n, 0), values.adapted(x.shape(), l));
      case Reshape r -> b.reshape(value(n, 0), values.adapted(r.shape(), l));
      case Slice s -> slice(n, s, l);
      case Concat c -> concat(n, c, l);
      case Rotate r ->
          b.add(r, value(n, 0), values.operand(n, 1, SequenceAxes.of(-1, 0, l.start())));
      case Contract c -> contract(n, c, l);
      case Attend a -> attention.add(i, n, a, l);
      default -> b.add(n.op(), n.operands().stream().mapToInt(values::value).toArray());
    };
  }

  private int value(Node n, int operand) {
    return values.value(n.operands().get(operand));
  }

  private int input(Node n, String input, SequenceAxes l) {
    int given = inputs.containsKey(input) ? inputs.get(input) : b.add(n.op());
    if (l.seq() >= 0) {
      int rows = doubled ? b.concat(0, given, given) : given;
      return b.reshape(rows, b.type(rows).shape().dim(0), 1);
    }
    if (!doubled || l.rows() < 0) {
      return given;
    }
    Integer nothing = full.outputs().get(Entry.nullOutput(input));
    if (nothing == null) {
      return b.concat(0, given, given);
    }
    if (!axes[nothing].fixed()) {
      values
          .problems()
          .add(
              Problem.at(
                  n, "has a null that depends on inputs", "a null of parameters and constants"));
      return given;
    }
    return b.concat(0, given, b.broadcast(values.computed(nothing), b.type(given).shape()));
  }

  private int slice(Node n, Slice s, SequenceAxes l) {
    SequenceAxes x = axes[n.operands().getFirst()];
    int v = value(n, 0);
    if (s.axis() != x.seq() || l.condition()) {
      return b.slice(v, s.axis(), s.start(), s.stop());
    }
    return stepping()
        ? v
        : b.slice(v, s.axis(), l.start() - x.start(), positions.length(x.start()));
  }

  private int concat(Node n, Concat c, SequenceAxes l) {
    if (c.axis() != l.seq()) {
      return b.concat(c.axis(), values.operands(n, l));
    }
    int last = n.operands().getLast();
    if (stepping()) {
      return values.computed(last);
    }
    List<Integer> parts = new ArrayList<>();
    for (int o : n.operands()) {
      if (o != last || !values.isEmpty(o)) {
        // What precedes the codes stands whole in the prefix.
        parts.add(values.with(o, o == last ? axes[o] : SequenceAxes.of(l.rows(), -1, 0)));
      }
    }
    return b.concat(c.axis(), parts.stream().mapToInt(Integer::intValue).toArray());
  }

  private int contract(Node n, Contract c, SequenceAxes l) {
    int[] x = new int[2];
    for (int k = 0; k < 2; k++) {
      String labels = k == 0 ? c.left() : c.right();
      int rows = l.rows() < 0 ? -1 : labels.indexOf(c.result().charAt(l.rows()));
      int seq = l.seq() < 0 ? -1 : labels.indexOf(c.result().charAt(l.seq()));
      x[k] = values.operand(n, k, SequenceAxes.of(rows, seq, l.start()));
    }
    return b.add(c, x);
  }
}
