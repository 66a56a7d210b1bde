package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Cos;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Rotate;
import dev.lgc.compiler.op.Rsqrt;
import dev.lgc.compiler.op.Silu;
import dev.lgc.compiler.op.Sin;
import dev.lgc.compiler.op.Stored;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A small Llama that draws codes after a masked prefix, as a full-sequence graph. */
public final class TinyGenerator {
  static final int CODES = 11;
  static final int LENGTH = 6;
  static final int PREFIX = 3;
  static final int DIM = 8;
  static final int HEADS = 4;
  static final int KV = 2;

  private final GraphBuilder b = new GraphBuilder();
  private final int rows;

  private TinyGenerator(int rows) {
    this.rows = rows;
  }

  /** Inputs codes, caption, mask; outputs logits and null.caption. */
  static Graph graph(int rows) {
    return new TinyGenerator(rows).build();
  }

  private int weight(String name, int... dims) {
    return b.add(new Stored(name, TensorType.f32(dims)));
  }

  private Graph build() {
    int length = LENGTH - 1;
    int total = PREFIX + length;
    int codes = b.add(new Input("codes", TensorType.i32(rows, length)));
    int caption = b.add(new Input("caption", TensorType.f32(rows, PREFIX, 5)));
    int mask = b.add(new Input("mask", new TensorType(DType.BOOL, Shape.of(rows, PREFIX))));
    int prefix = b.contract("bsi,oi->bso", caption, weight("caption", DIM, 5));
    int drawn = b.add(new Gather(), weight("codes", CODES, DIM), codes);
    int x = b.concat(1, prefix, drawn);
    // A bias per position and one per sample: tables and conditions have to be cut to the step.
    x = b.plus(x, b.broadcast(weight("positions", total, DIM), b.type(x).shape()));
    int pooled = b.sum(prefix, List.of(1));
    x = b.plus(x, b.broadcast(b.reshape(pooled, rows, 1, DIM), b.type(x).shape()));
    int all = b.fill(1, new TensorType(DType.BOOL, Shape.of(rows, length)));
    int keys = b.concat(1, mask, all);
    for (int layer = 0; layer < 2; layer++) {
      x = layer(x, keys, "layers." + layer + ".");
    }
    int logits = b.contract("bsi,oi->bso", norm(x), weight("output", CODES, DIM));
    Map<String, Integer> outputs = new LinkedHashMap<>();
    outputs.put("logits", b.slice(logits, 1, PREFIX - 1, total));
    outputs.put("null.caption", b.broadcast(weight("null", PREFIX, 5), Shape.of(rows, PREFIX, 5)));
    return b.build("codes", outputs, Map.of());
  }

  private int norm(int x) {
    Shape s = b.type(x).shape();
    int mean = b.div(b.sum(b.mul(x, x), List.of(2)), b.fill(DIM, TensorType.f32(rows, s.dim(1))));
    return b.mul(x, b.unreduce(b.add(new Rsqrt(), b.shift(mean, 1e-5)), List.of(2), s));
  }

  private int layer(int x, int keys, String name) {
    int d = DIM / HEADS;
    int wide = (HEADS + 2 * KV) * d;
    int qkv = b.contract("bsi,oi->bso", norm(x), weight(name + "wqkv", wide, DIM));
    int q = b.slice(qkv, 2, 0, HEADS * d);
    int k = b.slice(qkv, 2, HEADS * d, (HEADS + KV) * d);
    int v = b.slice(qkv, 2, (HEADS + KV) * d, wide);
    int rope = rope(b.type(x).shape().dim(1), d / 2);
    Attend attend = new Attend(HEADS, KV, 0.7, true, true, false);
    int turned = b.add(new Rotate(HEADS, false), q, rope);
    int y = b.add(attend, turned, b.add(new Rotate(KV, false), k, rope), v, keys);
    x = b.plus(x, b.contract("bsi,oi->bso", y, weight(name + "wo", DIM, DIM)));
    int hidden = b.contract("bsi,oi->bso", norm(x), weight(name + "w1", 12, DIM));
    int down = b.contract("bsi,oi->bso", b.add(new Silu(), hidden), weight(name + "w2", DIM, 12));
    return b.plus(x, down);
  }

  private int rope(int total, int pairs) {
    int angle = b.cast(b.iota(0, Shape.of(total, pairs)), DType.F32);
    int cosine = b.reshape(b.add(new Cos(), angle), total, pairs, 1);
    return b.concat(2, cosine, b.reshape(b.add(new Sin(), angle), total, pairs, 1));
  }

  /** Random values for every stored tensor a graph reads. */
  static Map<String, double[]> weights(Graph g, Random random) {
    Map<String, double[]> weights = new HashMap<>();
    for (Node n : g.nodes()) {
      if (n.op() instanceof Stored s) {
        weights.put(s.path(), reals(random, s.type()));
      }
    }
    return weights;
  }

  public static double[] reals(Random random, TensorType type) {
    double[] v = new double[(int) type.shape().elements()];
    java.util.Arrays.setAll(v, i -> (float) (0.5 * random.nextGaussian()));
    return v;
  }
}
