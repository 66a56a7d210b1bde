package dev.lgc.compiler.rewrite.storage;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Stores keys and values of earlier positions in BF16, for steps that read all of them for each
 * code: half of the memory, and half of what a step reads.
 *
 * <pre>
 * cache := update (cache, x, at)   cache := update (cache bf16, cast bf16 (x), at)
 * attend (q, cache, …)             attend (q, cast f32 (cache), …)
 * </pre>
 *
 * <p>Which: F32 caches of which every step replaces positions, and of which it reads the result of
 * that. What a prefill holds for every position, such as a projected condition, is not one.
 */
public final class QuantizeCaches extends StorageRewrite {
  private static final DType STORED = DType.BF16;

  private final Set<String> caches = new HashSet<>();

  private QuantizeCaches() {}

  /**
   * The quantization that all steps of a plan allow.
   *
   * @param graphs its steps
   * @param stored what lives between them
   */
  public static QuantizeCaches of(List<Graph> graphs, List<StorageDeclaration> stored) {
    QuantizeCaches q = new QuantizeCaches();
    for (StorageDeclaration d : stored) {
      if (d.id().role() == Role.CACHE && d.type().dtype() == DType.F32) {
        q.caches.add(d.name());
      }
    }
    graphs.forEach(q::keepOthers);
    return q;
  }

  /** Keeps the caches as they are that a step uses in another way. */
  private void keepOthers(Graph g) {
    List<List<Integer>> users = Graphs.users(g);
    for (int i = 0; i < g.nodes().size(); i++) {
      if (g.node(i).op() instanceof Stored s) {
        int cache = i;
        boolean updated = users.get(i).stream().allMatch(u -> updates(g.node(u), cache));
        if (!updated || g.outputs().containsValue(i) || g.updates().containsValue(i)) {
          caches.remove(s.path());
        }
      }
    }
    g.updates()
        .forEach(
            (name, v) -> {
              if (!(g.node(v).op() instanceof DynamicUpdate)) {
                caches.remove(name);
              }
            });
  }

  private static boolean updates(Node user, int cache) {
    List<Integer> x = user.operands();
    return user.op() instanceof DynamicUpdate && x.get(0) == cache && x.get(1) != cache;
  }

  @Override
  boolean changes(String name) {
    return caches.contains(name);
  }

  @Override
  TensorType type(String name, TensorType before) {
    return before.withDType(STORED);
  }

  @Override
  int use(GraphBuilder b, Node n, int[] x, Map<Integer, String> changed) {
    int updated = b.add(n.op(), x[0], b.cast(x[1], STORED), x[2]);
    return b.cast(updated, DType.F32);
  }

  @Override
  void write(GraphBuilder b, String name, int value, Map<String, Integer> updates) {
    updates.put(name, b.cast(value, STORED));
  }
}
