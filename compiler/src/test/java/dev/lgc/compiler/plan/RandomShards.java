package dev.lgc.compiler.plan;

import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Tanh;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Graphs of smooth ops on 4 × 8 numbers and collectives between 4 ranks, with their gradients. */
public final class RandomShards {
  public static final int RANKS = 4;
  private static final TensorType TYPE = TensorType.f32(RANKS, 8);
  private static final List<RankGroup> GROUPS =
      List.of(RankGroup.all(RANKS), new RankGroup(2, 1), new RankGroup(2, 2));

  private final Random random;
  private final GraphBuilder b = new GraphBuilder();
  private final List<Integer> values = new ArrayList<>();
  public final List<StorageDeclaration> stored = new ArrayList<>();

  public RandomShards(long seed) {
    random = new Random(seed);
  }

  public Graph graph(int ops) {
    values.add(b.add(new Input("x", TYPE)));
    List<Integer> parameters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      stored.add(new StorageDeclaration("p" + i, StoredId.Role.PARAMETER, TYPE));
      stored.add(new StorageDeclaration("p" + i, StoredId.Role.GRADIENT, TYPE));
      parameters.add(b.add(new Stored("p" + i, TYPE)));
    }
    values.addAll(parameters);
    for (int i = 0; i < ops; i++) {
      values.add(step());
    }
    Map<String, Integer> outputs = new LinkedHashMap<>();
    Map<String, Integer> updates = new LinkedHashMap<>();
    outputs.put("y", pick());
    int loss = b.sum(b.mul(values.getLast(), values.getLast()));
    outputs.put("loss", loss);
    int[] gradients = Autodiff.gradients(b, loss, parameters);
    for (int i = 0; i < gradients.length; i++) {
      int g = gradients[i];
      if (random.nextBoolean()) {
        g = b.plus(g, b.add(new Stored("gradient:p" + i, TYPE)));
      }
      if (random.nextInt(4) > 0) {
        g = b.scale(b.add(new AllReduce(group()), g), random.nextBoolean() ? 1 : 0.5);
      }
      updates.put("gradient:p" + i, g);
      if (random.nextInt(3) == 0) {
        updates.put("p" + i, b.sub(parameters.get(i), b.scale(g, 0.1)));
      }
    }
    return b.build("random", outputs, updates);
  }

  private RankGroup group() {
    return GROUPS.get(random.nextInt(GROUPS.size()));
  }

  private int pick() {
    int n = values.size();
    int from = random.nextBoolean() ? Math.max(0, n - 3) : 0;
    return values.get(from + random.nextInt(n - from));
  }

  private int step() {
    int x = pick();
    RankGroup g = group();
    return switch (random.nextInt(9)) {
      case 0 -> b.add(new Tanh(), x);
      case 1 -> b.mul(x, pick());
      case 2 -> b.plus(x, pick());
      case 3 -> b.contract("ij,kj->ik", b.scale(b.contract("ij,kj->ik", x, pick()), 0.1), square());
      case 4 -> b.unreduce(b.sum(b.scale(x, 0.1), List.of(1)), List.of(1), TYPE.shape());
      case 5 -> b.scale(b.add(new AllReduce(g), x), 0.5);
      case 6 -> {
        int gathered = b.add(new AllGather(g), x);
        int start = random.nextInt(RANKS * (g.size() - 1) + 1);
        yield b.slice(gathered, 0, start, start + RANKS);
      }
      case 7 -> {
        int block = b.add(new ReduceScatter(g), b.reshape(x, Shape.of(8, RANKS)));
        int rows = b.type(block).shape().dim(0);
        int[] copies = new int[8 / rows];
        java.util.Arrays.fill(copies, b.scale(block, 0.5));
        yield b.reshape(b.concat(0, copies), TYPE.shape());
      }
      default -> b.reshape(b.transpose(b.add(new Tanh(), x), 1, 0), TYPE.shape());
    };
  }

  /** Something of 8 × 4 numbers. */
  private int square() {
    return b.reshape(b.add(new Tanh(), pick()), Shape.of(8, RANKS));
  }

  /** Random inputs and stored tensors of each rank. */
  public static List<Map<String, double[]>> values(List<String> names, Random random) {
    List<Map<String, double[]>> all = new ArrayList<>();
    for (int r = 0; r < RANKS; r++) {
      Map<String, double[]> of = new HashMap<>();
      names.forEach(n -> of.put(n, random.doubles(32, -1, 1).map(v -> (float) v).toArray()));
      all.add(of);
    }
    return all;
  }
}
