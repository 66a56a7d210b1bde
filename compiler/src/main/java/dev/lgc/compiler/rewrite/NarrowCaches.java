package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.Declared;
import dev.lgc.compiler.plan.StoredTensor.Role;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keys and values of earlier positions in BF16, for steps that read all of them for each code: half
 * of the memory, and half of what a step reads.
 *
 * <pre>
 * cache := update (cache, x, at)   cache := update (cache bf16, cast bf16 (x), at)
 * attend (q, cache, …)             attend (q, cast f32 (cache), …)
 * </pre>
 *
 * <p>Which: F32 caches of which every step replaces positions, and of which it reads the result of
 * that. What a prefill holds for every position, such as a projected condition, is not one.
 */
public final class NarrowCaches extends HeldTensors {
  private static final DType NARROW = DType.BF16;

  private final Set<String> narrowed = new HashSet<>();

  private NarrowCaches() {}

  /**
   * The narrowing that all steps of a plan allow.
   *
   * @param graphs its steps
   * @param stored what lives between them
   */
  public static NarrowCaches of(List<Graph> graphs, List<Declared> stored) {
    NarrowCaches n = new NarrowCaches();
    for (Declared d : stored) {
      if (d.role() == Role.CACHE && d.type().dtype() == DType.F32) {
        n.narrowed.add(d.key());
      }
    }
    graphs.forEach(n::keepOthers);
    return n;
  }

  /** Keeps as they are what a step uses in another way. */
  private void keepOthers(Graph g) {
    List<List<Integer>> users = Graphs.users(g);
    for (int i = 0; i < g.nodes().size(); i++) {
      if (g.node(i).op() instanceof Stored s) {
        int cache = i;
        boolean updated = users.get(i).stream().allMatch(u -> updates(g.node(u), cache));
        if (!updated || g.outputs().containsValue(i) || g.updates().containsValue(i)) {
          narrowed.remove(s.path());
        }
      }
    }
    g.updates()
        .forEach(
            (path, v) -> {
              if (!(g.node(v).op() instanceof DynamicUpdate)) {
                narrowed.remove(path);
              }
            });
  }

  private static boolean updates(Node user, int cache) {
    List<Integer> x = user.operands();
    return user.op() instanceof DynamicUpdate && x.get(0) == cache && x.get(1) != cache;
  }

  @Override
  boolean holds(String path) {
    return narrowed.contains(path);
  }

  @Override
  TensorType type(String path, TensorType declared) {
    return declared.withDType(NARROW);
  }

  @Override
  int use(GraphBuilder b, Node n, int[] x, Map<Integer, String> held) {
    int updated = b.add(n.op(), x[0], b.cast(x[1], NARROW), x[2]);
    return b.cast(updated, DType.F32);
  }

  @Override
  void write(GraphBuilder b, String path, int value, Map<String, Integer> updates) {
    updates.put(path, b.cast(value, NARROW));
  }
}
