package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Abs;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Floor;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.Declared;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.plan.StoredTensor.Role;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Weights in fewer bits, for steps that only use them: what such a step costs is mostly that it
 * reads each of them once.
 *
 * <pre>
 * contract(x, w)    BF16  contract(x, cast f32 (w bf16))
 *                   INT8  contract(x, cast f32 (w int8)) · scale
 * gather(w, codes)  BF16  cast f32 (gather(w bf16, codes))
 *                   INT8  cast f32 (gather(w int8, codes)) · gather(scale, codes)
 * w := v            BF16  w := cast bf16 (v)
 *                   INT8  w := cast int8 (v / scale, rounded)   scale := max |v| / 127
 * </pre>
 *
 * <p>A parameter is narrowed that has two or more dimensions and that every step reads so, and in
 * no other way: so norms, biases, codebooks that are normalised and kernels of convolutions stay as
 * they are. The scales' axes are those that every use keeps (the output channels); the others have
 * size 1 in the tensor of scales, which is stored beside the weight.
 */
public final class NarrowWeights extends HeldTensors {
  /** Weights of an output channel that are all smaller count as 0. */
  public static final double SMALLEST = 1e-30;

  /** The largest magnitude of an int8 weight. */
  public static final int LARGEST = 127;

  private final WeightType type;

  /** By path of what is narrowed: the type of its scales. */
  private final Map<String, TensorType> scales = new LinkedHashMap<>();

  private NarrowWeights(WeightType type) {
    this.type = type;
  }

  /**
   * The narrowing that all steps of a plan allow.
   *
   * @param graphs its steps
   * @param stored what lives between them
   */
  public static NarrowWeights of(WeightType type, List<Graph> graphs, List<Declared> stored) {
    NarrowWeights n = new NarrowWeights(type);
    if (type != WeightType.F32) {
      WeightUses.readOnly(graphs, stored, true).forEach(n::choose);
    }
    return n;
  }

  private void choose(Declared d, Set<Integer> kept) {
    Shape s = d.type().shape();
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < s.rank(); i++) {
      dims.add(kept.contains(i) ? s.dim(i) : 1);
    }
    scales.put(d.path(), d.type().withShape(new Shape(dims)));
  }

  /** What is stored, with the narrow types, and with the scales at the end. */
  @Override
  public List<Declared> stored(List<Declared> wide) {
    List<Declared> narrow = new ArrayList<>(super.stored(wide));
    if (type == WeightType.INT8) {
      scales.forEach((path, t) -> narrow.add(new Declared(path, Role.SCALE, t)));
    }
    return narrow;
  }

  @Override
  boolean holds(String path) {
    return scales.containsKey(path);
  }

  @Override
  TensorType type(String path, TensorType declared) {
    return declared.withDType(type.dtype());
  }

  @Override
  int use(GraphBuilder b, Node n, int[] x, Map<Integer, String> weights) {
    return n.op() instanceof Contract c
        ? contract(b, c, x, weights)
        : gather(b, (Gather) n.op(), x, weights.get(0));
  }

  private int contract(GraphBuilder b, Contract c, int[] x, Map<Integer, String> weights) {
    int[] wide = x.clone();
    weights.keySet().forEach(i -> wide[i] = b.cast(x[i], DType.F32));
    int sum = b.add(c, wide);
    if (type == WeightType.INT8) {
      for (Map.Entry<Integer, String> w : weights.entrySet()) {
        String labels = w.getKey() == 0 ? c.left() : c.right();
        sum = b.mul(sum, along(b, c, labels, w.getValue(), b.type(sum).shape()));
      }
    }
    return sum;
  }

  /** The scales of a factor of a contraction, for each element of its result. */
  private int along(GraphBuilder b, Contract c, String labels, String path, Shape result) {
    TensorType t = scales.get(path);
    int scale = b.add(new Stored(StoredTensor.key(Role.SCALE, path), t));
    List<Integer> order = new ArrayList<>();
    List<Integer> dims = new ArrayList<>();
    for (char label : c.result().toCharArray()) {
      int axis = labels.indexOf(label);
      if (axis >= 0) {
        order.add(axis);
      }
      dims.add(axis < 0 ? 1 : t.shape().dim(axis));
    }
    for (int axis = 0; axis < labels.length(); axis++) {
      if (!order.contains(axis)) {
        order.add(axis);
      }
    }
    int turned = b.transpose(scale, order.toArray(Integer[]::new));
    return b.broadcast(b.reshape(turned, new Shape(dims)), result);
  }

  private int gather(GraphBuilder b, Gather gather, int[] x, String path) {
    int rows = b.cast(b.add(gather, x), DType.F32);
    if (type != WeightType.INT8) {
      return rows;
    }
    int scale = b.add(new Stored(StoredTensor.key(Role.SCALE, path), scales.get(path)));
    return b.mul(rows, b.broadcast(b.add(gather, scale, x[1]), b.type(rows).shape()));
  }

  @Override
  void write(GraphBuilder b, String key, int value, Map<String, Integer> updates) {
    if (type == WeightType.BF16) {
      updates.put(key, b.cast(value, DType.BF16));
      return;
    }
    Shape full = b.type(value).shape();
    TensorType t = scales.get(key);
    List<Integer> summed = new ArrayList<>(WeightUses.axes(full.rank()));
    summed.removeIf(i -> t.shape().dim(i) == full.dim(i));
    int largest = b.reshape(b.reduce(Reducer.MAX, b.add(new Abs(), value), summed), t.shape());
    int some = b.less(b.fill(SMALLEST, t), largest);
    int per = b.where(some, b.div(b.fill(LARGEST, t), largest), b.fill(0, t));
    int rounded = b.add(new Floor(), b.shift(b.mul(value, b.broadcast(per, full)), 0.5));
    updates.put(key, b.cast(rounded, DType.I8));
    updates.put(StoredTensor.key(Role.SCALE, key), b.div(largest, b.fill(LARGEST, t)));
  }
}
