package dev.lgc.compiler.plan;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Less;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Attention of one query a row over a cache of keys and values that is written up to a position, of
 * random shapes, its positions or its heads outermost, with or without a mask of valid keys.
 */
final class RandomCache {
  /** Of a cache at most: what the smallest array has room for that a device under test allows. */
  private static final int ELEMENTS = 1 << 17;

  private final Random random;
  private final int rows;
  private final int groups;
  private final int heads;
  private final int keys;
  private final int depth;
  private final boolean byHead;
  private final boolean masked;

  RandomCache(long seed) {
    random = new Random(seed);
    int most = 1 + random.nextInt(4);
    groups = pick(1, 2, 3, 8);
    heads = groups * pick(1, 1, 2, 4);
    keys = pick(1, 5, 16, 17, 40, 64, 100, 257);
    depth = pick(2, 4, 8, 16, 40);
    rows = Math.min(most, ELEMENTS / (groups * keys * depth));
    byHead = random.nextBoolean();
    masked = random.nextInt(3) == 0;
  }

  private int pick(int... from) {
    return from[random.nextInt(from.length)];
  }

  Graph graph() {
    GraphBuilder b = new GraphBuilder();
    TensorType query = TensorType.f32(rows, 1, heads * depth);
    List<Integer> x = new ArrayList<>(List.of(b.add(new Input("q", query))));
    for (String name : List.of("k", "v")) {
      Shape s = Shape.of(rows, keys, groups * depth);
      x.add(
          byHead
              ? b.reshape(
                  b.transpose(
                      b.add(new Input(name, TensorType.f32(rows, groups, keys, depth))),
                      0,
                      2,
                      1,
                      3),
                  s)
              : b.add(new Input(name, new TensorType(query.dtype(), s))));
    }
    if (masked) {
      TensorType valid = TensorType.f32(rows, keys);
      x.add(b.add(new Less(), b.add(new Input("m", valid)), b.fill(0.8, valid)));
    }
    x.add(b.add(new Input("position", TensorType.i32())));
    Attend attend = new Attend(heads, groups, 0.5, true, masked, true);
    int y = b.add(attend, x.stream().mapToInt(i -> i).toArray());
    return b.build("cached", Map.of("y", y), Map.of());
  }

  /**
   * Whether it is sure to become one kernel over rows and heads, with loops that are worth an end.
   */
  boolean isOneKernel() {
    return rows * heads >= 8 && groups == heads && keys > 8;
  }

  /** Positions of the query: the first, some, the last; outside, where nothing or all is masked. */
  List<Integer> positions() {
    return List.of(0, keys / 3, keys / 2, random.nextInt(keys), keys - 1, keys + 2, -1);
  }

  /** Keys or values with a number in place of those after a position. */
  double[] writtenTo(int position, double[] cache, double after) {
    double[] written = cache.clone();
    int inner = byHead ? depth : groups * depth;
    for (int i = 0; i < cache.length; i++) {
      if (i / inner % keys > position) {
        written[i] = after;
      }
    }
    return written;
  }

  @Override
  public String toString() {
    return Text.format(
        "%d rows, %d heads over %d, %d keys of %d%s%s",
        rows, heads, groups, keys, depth, byHead ? ", by head" : "", masked ? ", masked" : "");
  }

  /** Whether the plan is one kernel that has a bound. Of several kernels, only the softmax has. */
  static boolean isBounded(ExecutionPlan plan) {
    return plan.steps().get("cached").calls().size() == 1
        && plan.kernels().getFirst().stages().stream().anyMatch(s -> s.bound().isPresent());
  }
}
