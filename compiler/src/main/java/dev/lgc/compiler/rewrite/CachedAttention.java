package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.rewrite.storage.CacheUse;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Causal attention of a generator's full-sequence graph, for the positions of a derived step.
 *
 * <pre>
 * full     attend(q, k, v)
 * prefill  K := K with k at 0           V := V with v at 0           attend(q, k, v)
 * step     K := K with k at its index   V := V with v at its index   attend(q, K, V, index)
 * </pre>
 *
 * <p>Attention over what depends on the conditions alone needs no caches of its own.
 */
final class CachedAttention {
  private final Graph full;
  private final SequenceAxes[] axes;
  private final boolean doubled;
  private final GraphBuilder b;
  private final Positions positions;
  private final StepValues values;
  private final StepCaches caches;

  CachedAttention(
      Graph full,
      SequenceAxes[] axes,
      boolean doubled,
      GraphBuilder b,
      Positions positions,
      StepValues values,
      StepCaches caches) {
    this.full = full;
    this.axes = axes;
    this.doubled = doubled;
    this.b = b;
    this.positions = positions;
    this.values = values;
    this.caches = caches;
  }

  private boolean stepping() {
    return positions instanceof Positions.Single;
  }

  /** Adds the attention that is node {@code i} of the full graph. */
  int add(int i, Node n, Attend a, SequenceAxes l) {
    List<Integer> x = new ArrayList<>(List.of(values.value(n.operands().get(0))));
    SequenceAxes keys = axes[n.operands().get(1)];
    if (keys.seq() < 0) {
      for (int k = 1; k < n.operands().size(); k++) {
        x.add(values.operand(n, k, SequenceAxes.of(0, -1, 0)));
      }
      return b.add(a, ints(x));
    }
    x.add(cached(i, n, 1, CacheUse.KEYS, a, l));
    x.add(cached(i, n, 2, CacheUse.VALUES, a, l));
    if (a.keys()) {
      boolean varying = axes[n.operands().get(3)].seq() >= 0;
      if (varying) {
        x.add(cachedValid(i, n, 3, l));
      } else {
        x.add(values.operand(n, 3, stepping() ? SequenceAxes.of(0, -1, 0) : l));
      }
    }
    if (stepping()) {
      x.add(positions.first(b, l.start()));
    }
    boolean positioned = stepping();
    Attend over = new Attend(a.heads(), a.kvHeads(), a.scale(), a.causal(), a.keys(), positioned);
    return b.add(over, ints(x));
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Writes the keys (or values) of this step's positions into their cache; the step sees the whole
   * cache, the prefill its own. In a cache the positions of one head are neighbours, [rows, heads,
   * positions, depth]: what a query reads is then one stretch of memory.
   */
  private int cached(int i, Node n, int operand, CacheUse use, Attend a, SequenceAxes l) {
    int now = values.value(n.operands().get(operand));
    int apart = b.transpose(heads(now, a.kvHeads()), 0, 2, 1, 3);
    TensorType whole = cacheType(n, operand);
    Shape s = whole.shape();
    Shape byHead = Shape.of(s.dim(0), a.kvHeads(), s.dim(1), s.dim(2) / a.kvHeads());
    int updated = caches.written(use, i, n, whole.withShape(byHead), apart, 2, l.start());
    return stepping() ? b.reshape(b.transpose(updated, 0, 2, 1, 3), s) : now;
  }

  /** [rows, positions, heads · depth] as [rows, positions, heads, depth]. */
  private int heads(int x, int heads) {
    Shape s = b.type(x).shape();
    return b.reshape(x, s.dim(0), s.dim(1), heads, s.dim(2) / heads);
  }

  /** The same for the mask of valid keys, [rows, positions]. */
  private int cachedValid(int i, Node n, int operand, SequenceAxes l) {
    int now = values.value(n.operands().get(operand));
    int updated = caches.written(CacheUse.MASKS, i, n, cacheType(n, operand), now, 1, l.start());
    return stepping() ? updated : now;
  }

  /** The type of a cache of an operand, at all positions. */
  private TensorType cacheType(Node n, int operand) {
    TensorType type = full.node(n.operands().get(operand)).type();
    Shape s = type.shape();
    return doubled ? type.withShape(s.with(0, 2 * s.dim(0))) : type;
  }
}
