package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.Storage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Derives the steps {@code NAME.combine0}, {@code NAME.combine1}, …, which add the gradients of a
 * rank's shards in a balanced binary tree: see {@link Request.Sharding}. With four shards:
 *
 * <pre>
 * shard 0   combine0   partial 0 := gradient
 * shard 1   combine1   partial 1 := partial 0 + gradient
 * shard 2   combine0   partial 0 := gradient
 * shard 3   combine2   gradient  := partial 1 + (partial 0 + gradient)
 * </pre>
 *
 * <p>A gradient may be rounded first: {@link Request.RoundGradients}.
 *
 * <p>Of several ranks the last step also adds up the sums of all of them.
 */
final class Combination {
  private Combination() {}

  /**
   * The step of a level.
   *
   * @param id says the level
   * @param parameters whose gradients are added
   */
  static Graph derive(StepId id, GradientSum ranks, List<Storage> parameters) {
    GraphBuilder b = new GraphBuilder();
    Map<String, Integer> updates = new LinkedHashMap<>();
    for (Storage s : parameters) {
      b.at(
          new Origin(s.where(), s.path(), "combine"),
          () -> {
            add(b, s, id.level().orElseThrow(), ranks, updates);
            return null;
          });
    }
    return b.build(id.name(), Map.of(), updates);
  }

  private static void add(
      GraphBuilder b, Storage s, int level, GradientSum ranks, Map<String, Integer> updates) {
    int sum = ranks.leaf(b, b.add(new Stored(ranks.own(s).name(), s.type())));
    for (int i = 0; i < level; i++) {
      int earlier = b.add(new Stored(StoredId.partial(s.path(), i).name(), s.type()));
      sum = b.plus(earlier, sum);
    }
    if (level < ranks.sharding().levels()) {
      updates.put(StoredId.partial(s.path(), level).name(), sum);
    } else {
      updates.put(new StoredId(StoredId.Role.GRADIENT, s.path()).name(), ranks.of(b, s, sum));
    }
  }
}
