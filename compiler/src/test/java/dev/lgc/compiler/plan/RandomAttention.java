package dev.lgc.compiler.plan;

import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Less;
import dev.lgc.compiler.op.Tanh;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Attention of random shapes and kinds: forward, its gradients alone, or both; batches of matrices
 * that are large enough to become one kernel, mostly.
 */
final class RandomAttention {
  private final Random random;
  private final GraphBuilder b = new GraphBuilder();

  RandomAttention(long seed) {
    random = new Random(seed);
  }

  Graph graph() {
    int batch = 1 + random.nextInt(3);
    int groups = pick(1, 2, 4, 5);
    int heads = groups * pick(1, 1, 2);
    int queries = pick(5, 8, 16, 33, 64);
    int keys = random.nextInt(3) == 0 ? pick(7, 16, 40) : queries;
    int depth = pick(2, 4, 8);
    int q = input("q", batch, queries, heads * depth);
    int k = input("k", batch, keys, groups * depth);
    int v = input("v", batch, keys, groups * depth);
    List<Integer> operands = new ArrayList<>(List.of(q, k, v));
    boolean masked = random.nextInt(3) == 0;
    if (masked) {
      int most = b.fill(0.8, TensorType.f32(batch, keys));
      operands.add(b.add(new Less(), input("m", batch, keys), most));
    }
    Attend attend =
        new Attend(heads, groups, 0.5, keys == queries && random.nextBoolean(), masked, false);
    int y = b.add(attend, operands.stream().mapToInt(x -> x).toArray());
    Map<String, Integer> outputs = new LinkedHashMap<>();
    int kind = random.nextInt(3);
    if (kind != 1) {
      outputs.put("y", random.nextBoolean() ? y : b.add(new Tanh(), y));
    }
    if (kind != 0) {
      int loss = b.sum(b.mul(y, input("g", batch, queries, heads * depth)));
      int[] g = Autodiff.gradients(b, loss, List.of(q, k, v));
      for (int i = 0; i < g.length; i++) {
        outputs.put("g" + i, g[i]);
      }
    }
    return b.build("attention", outputs, Map.of());
  }

  private int input(String name, int... dims) {
    return b.add(new Input(name, TensorType.f32(dims)));
  }

  private int pick(int... from) {
    return from[random.nextInt(from.length)];
  }
}
