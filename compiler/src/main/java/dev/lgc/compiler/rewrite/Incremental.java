package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Broadcast;
import dev.lgc.compiler.op.Concat;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.Pick;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.Rotate;
import dev.lgc.compiler.op.Slice;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.rewrite.storage.CacheUse;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Rewrites a generator's full-sequence graph for the positions of one {@link Range}: the prefill
 * computes what precedes the codes, the step one code's position. Causal attention becomes
 * attention over caches of keys and values, which both fill; what depends on the conditions alone
 * is computed by the prefill and held in caches for the step. With guidance every row is there
 * twice, first with its conditions, then with their nulls.
 *
 * <p>Deriving the step first tells what the prefill has to hold.
 */
public final class Incremental {
  private static final int EMPTY = -2;

  private final String name;
  private final Graph full;
  private final Layout[] layouts;
  private final boolean doubled;
  private final GraphBuilder b;
  private final Range range;
  private final Map<String, Integer> inputs;
  private final int[] values;
  private final TreeSet<Integer> held = new TreeSet<>();
  private final Map<String, Integer> updates = new LinkedHashMap<>();
  private final Map<String, StorageDeclaration> caches = new LinkedHashMap<>();
  private final List<Problem> problems = new ArrayList<>();

  private Incremental(
      String name,
      Graph full,
      Layout[] layouts,
      boolean doubled,
      GraphBuilder b,
      Range range,
      Map<String, Integer> inputs) {
    this.name = name;
    this.full = full;
    this.layouts = layouts;
    this.doubled = doubled;
    this.b = b;
    this.range = range;
    this.inputs = inputs;
    this.values = new int[full.nodes().size()];
  }

  /**
   * What a derived step has.
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
   * @param full outputs {@code logits} and {@code null.NAME} for conditions
   * @param codes the input with the codes
   * @param token value int[n], the code at {@code position}
   * @param position value int[]
   */
  public static Part step(
      GraphBuilder b, Graph full, String codes, boolean guided, int token, int position) {
    LayoutAnalysis analysis = new LayoutAnalysis(full, codes, guided);
    Range range = new Range.Single(position);
    return new Incremental(codes, full, analysis.layouts(), guided, b, range, Map.of(codes, token))
        .part(analysis.problems(), List.of());
  }

  /**
   * Adds the prefill.
   *
   * @param conditions values of the full graph's other inputs by name, [n, …]
   * @param held what the step expects
   */
  public static Part prefill(
      GraphBuilder b,
      Graph full,
      String codes,
      boolean guided,
      Map<String, Integer> conditions,
      List<Integer> held) {
    LayoutAnalysis analysis = new LayoutAnalysis(full, codes, guided);
    return new Incremental(
            codes, full, analysis.layouts(), guided, b, new Range.Prefix(), conditions)
        .part(analysis.problems(), held);
  }

  private Part part(List<Problem> found, List<Integer> hold) {
    problems.addAll(found);
    int logits = Terms.NONE;
    if (problems.isEmpty()) {
      everything();
      int whole = full.outputs().get("logits");
      Layout l = layouts[whole];
      if (l.seq() != 1 || l.start() != -1 || l.rows() > 0) {
        String what = "gives logits that do not start right before the first code";
        problems.add(Problem.at(full.node(whole), what, "return logits [rows, codes, classes]"));
      } else {
        logits = values[whole];
      }
      for (int i : hold) {
        updates.put(key(held(i)), values[i]);
      }
    }
    return new Part(
        logits, updates, List.copyOf(caches.values()), List.copyOf(held), List.copyOf(problems));
  }

  private void everything() {
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < values.length; i++) {
        if (layouts[i].fixed() == (pass == 0)) {
          int value = i;
          Node n = full.node(i);
          values[i] = b.at(n.origin(), () -> node(value, n));
        }
      }
    }
  }

  private boolean stepping() {
    return range instanceof Range.Single;
  }

  private int node(int i, Node n) {
    Layout l = layouts[i];
    if (l.fixed()) {
      return b.add(n.op(), n.operands().stream().mapToInt(o -> values[o]).toArray());
    }
    if (l.condition() && stepping()) {
      return EMPTY; // Held by the prefill, if anybody asks.
    }
    if (l.seq() >= 0 && range.length(l.start()) == 0) {
      return EMPTY;
    }
    return switch (n.op()) {
      case Input in -> input(n, in.input(), l);
      case Elementwise e -> b.add(n.op(), wanted(n, l));
      case Pick p -> b.add(n.op(), wanted(n, l));
      case Broadcast x -> b.broadcast(value(n, 0), adapted(x.shape(), l));
      case Reshape r -> b.reshape(value(n, 0), adapted(r.shape(), l));
      case Slice s -> slice(n, s, l);
      case Concat c -> concat(n, c, l);
      case Rotate r -> b.add(r, value(n, 0), want(n, 1, Layout.of(-1, 0, l.start())));
      case Contract c -> contract(n, c, l);
      case Attend a -> attend(i, n, a, l);
      default -> b.add(n.op(), n.operands().stream().mapToInt(this::value).toArray());
    };
  }

  /** A shape of the full graph with its rows doubled and its positions those of the range. */
  private Shape adapted(Shape s, Layout l) {
    Shape t = s;
    if (doubled && l.rows() >= 0) {
      t = t.with(l.rows(), 2 * t.dim(l.rows()));
    }
    return l.seq() < 0 ? t : t.with(l.seq(), range.length(l.start()));
  }

  private int input(Node n, String input, Layout l) {
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
    if (!layouts[nothing].fixed()) {
      problems.add(
          Problem.at(n, "has a null that depends on inputs", "a null of parameters and constants"));
      return given;
    }
    return b.concat(0, given, b.broadcast(values[nothing], b.type(given).shape()));
  }

  private int[] wanted(Node n, Layout l) {
    return n.operands().stream().mapToInt(o -> want(o, l)).toArray();
  }

  private int want(Node n, int operand, Layout l) {
    return want(n.operands().get(operand), l);
  }

  private int value(Node n, int operand) {
    return value(n.operands().get(operand));
  }

  /** The value as it stands in this step: read from a cache where the step does not compute it. */
  private int value(int i) {
    return values[i] == EMPTY && stepping() ? held(i) : values[i];
  }

  private int held(int i) {
    held.add(i);
    Node n = full.node(i);
    TensorType type = n.type().withShape(adapted(n.type().shape(), layouts[i]));
    return cache(n.origin(), CacheUse.CONDITIONS, i, type);
  }

  private int cache(Origin origin, CacheUse use, int number, TensorType type) {
    String module = origin.module().isEmpty() ? "" : "." + origin.module();
    StorageDeclaration d = new StorageDeclaration(StoredId.cache(name + module, use, number), type);
    caches.put(d.name(), d);
    return b.add(new Stored(d.name(), type));
  }

  private String key(int cache) {
    return ((Stored) b.node(cache).op()).path();
  }

  /**
   * An operand with the axes of {@code l}: a value without positions or rows is one that is the
   * same for all, or a table over them.
   */
  private int want(int i, Layout l) {
    Layout x = layouts[i];
    boolean positions = l.seq() >= 0 && x.seq() < 0;
    boolean rows = doubled && l.rows() >= 0 && x.rows() < 0;
    if (!positions && !rows) {
      return value(i);
    }
    Node n = full.node(i);
    return switch (n.op()) {
      case Fill f -> b.fill(f.value(), f.type().withShape(adapted(f.type().shape(), l)));
      case Iota iota
          when !(positions && iota.axis() == l.seq()) && !(rows && iota.axis() == l.rows()) ->
          b.iota(iota.axis(), adapted(iota.type().shape(), l));
      case Broadcast c -> {
        List<Integer> repeated = c.repeated(full.node(n.operands().getFirst()).type().shape());
        int lead = c.shape().rank() - full.node(n.operands().getFirst()).type().shape().rank();
        Layout inner =
            Layout.of(
                repeated.contains(l.rows()) || l.rows() < 0 ? -1 : l.rows() - lead,
                repeated.contains(l.seq()) || l.seq() < 0 ? -1 : l.seq() - lead,
                l.start());
        yield b.broadcast(want(n, 0, inner), adapted(c.shape(), l));
      }
      case Elementwise e -> b.add(n.op(), wanted(n, l));
      default -> taken(i, n, l, positions, rows);
    };
  }

  private int taken(int i, Node n, Layout l, boolean positions, boolean rows) {
    int v = value(i);
    if (rows) {
      if (!layouts[i].fixed()) {
        problems.add(Problem.at(n, "hides which axis is the samples'", "an axis of samples"));
      } else {
        v = b.concat(l.rows(), v, v);
      }
    }
    return positions ? range.take(b, v, l.seq(), l.start()) : v;
  }

  private int slice(Node n, Slice s, Layout l) {
    Layout x = layouts[n.operands().getFirst()];
    int v = value(n, 0);
    if (s.axis() != x.seq() || l.condition()) {
      return b.slice(v, s.axis(), s.start(), s.stop());
    }
    return stepping() ? v : b.slice(v, s.axis(), l.start() - x.start(), range.length(x.start()));
  }

  private int concat(Node n, Concat c, Layout l) {
    if (c.axis() != l.seq()) {
      return b.concat(c.axis(), wanted(n, l));
    }
    int last = n.operands().getLast();
    if (stepping()) {
      return values[last];
    }
    List<Integer> parts = new ArrayList<>();
    for (int o : n.operands()) {
      if (o != last || values[o] != EMPTY) {
        // What precedes the codes stands whole in the prefix.
        parts.add(want(o, o == last ? layouts[o] : Layout.of(l.rows(), -1, 0)));
      }
    }
    return b.concat(c.axis(), parts.stream().mapToInt(Integer::intValue).toArray());
  }

  private int contract(Node n, Contract c, Layout l) {
    int[] x = new int[2];
    for (int k = 0; k < 2; k++) {
      String labels = k == 0 ? c.left() : c.right();
      int rows = l.rows() < 0 ? -1 : labels.indexOf(c.result().charAt(l.rows()));
      int seq = l.seq() < 0 ? -1 : labels.indexOf(c.result().charAt(l.seq()));
      x[k] = want(n, k, Layout.of(rows, seq, l.start()));
    }
    return b.add(c, x);
  }

  private int attend(int i, Node n, Attend a, Layout l) {
    List<Integer> x = new ArrayList<>(List.of(value(n, 0)));
    Layout keyLayout = layouts[n.operands().get(1)];
    if (keyLayout.seq() < 0) {
      for (int k = 1; k < n.operands().size(); k++) {
        x.add(want(n, k, Layout.of(0, -1, 0)));
      }
      return b.add(a, ints(x));
    }
    x.add(cached(i, n, 1, CacheUse.KEYS, a, l));
    x.add(cached(i, n, 2, CacheUse.VALUES, a, l));
    if (a.keys()) {
      boolean varying = layouts[n.operands().get(3)].seq() >= 0;
      if (varying) {
        x.add(cachedValid(i, n, 3, l));
      } else {
        x.add(want(n, 3, stepping() ? Layout.of(0, -1, 0) : l));
      }
    }
    if (range instanceof Range.Single s) {
      x.add(s.index(b, l.start()));
    }
    boolean positioned = stepping();
    Attend over = new Attend(a.heads(), a.kvHeads(), a.scale(), a.causal(), a.keys(), positioned);
    return b.add(over, ints(x));
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Writes this range's keys (or values) into their cache; the step sees the whole cache, the
   * prefill its own. In a cache the positions of one head are neighbours, [rows, heads, positions,
   * depth]: what a query reads is then one stretch of memory.
   */
  private int cached(int i, Node n, int operand, CacheUse use, Attend a, Layout l) {
    int now = value(n, operand);
    int apart = b.transpose(heads(now, a.kvHeads()), 0, 2, 1, 3);
    TensorType full = cacheType(n, operand);
    Shape s = full.shape();
    Shape byHead = Shape.of(s.dim(0), a.kvHeads(), s.dim(1), s.dim(2) / a.kvHeads());
    int updated = updated(i, n, use, full.withShape(byHead), apart, 2, l);
    return stepping() ? b.reshape(b.transpose(updated, 0, 2, 1, 3), s) : now;
  }

  /** [rows, positions, heads · depth] as [rows, positions, heads, depth]. */
  private int heads(int x, int heads) {
    Shape s = b.type(x).shape();
    return b.reshape(x, s.dim(0), s.dim(1), heads, s.dim(2) / heads);
  }

  /** The same for which keys are valid, [rows, positions]. */
  private int cachedValid(int i, Node n, int operand, Layout l) {
    int now = value(n, operand);
    int updated = updated(i, n, CacheUse.MASKS, cacheType(n, operand), now, 1, l);
    return stepping() ? updated : now;
  }

  /** What a cache of an operand of the full graph has to hold. */
  private TensorType cacheType(Node n, int operand) {
    TensorType type = full.node(n.operands().get(operand)).type();
    Shape s = type.shape();
    return doubled ? type.withShape(s.with(0, 2 * s.dim(0))) : type;
  }

  private int updated(int i, Node n, CacheUse use, TensorType type, int now, int axis, Layout l) {
    int cache = cache(n.origin(), use, i, type);
    int at =
        range instanceof Range.Single single
            ? single.index(b, l.start())
            : b.fill(0, TensorType.i32());
    int updated = b.add(new DynamicUpdate(axis), cache, now, at);
    updates.put(key(cache), updated);
    return updated;
  }
}
