package dev.lgc.compiler.rewrite.storage;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Abs;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Stores weights in fewer bits, for steps that only use them: such a step costs mostly what it
 * takes to read each of them once.
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
 * <p>A parameter is quantized that has two or more dimensions and that every step reads so, and in
 * no other way: so norms, biases, codebooks that are normalised and kernels of convolutions, summed
 * up for an upsampled picture or not, stay as they are. The scales' axes are those that every use
 * keeps (the output channels); the others have size 1 in the tensor of scales, which is stored
 * beside the weight. How a value becomes an element, {@link WeightType} says.
 */
public final class QuantizeWeights extends StorageRewrite {
  private final WeightType type;

  /** By name of the quantized weight: its scales, which a type without them leaves out. */
  private final Map<String, StorageDeclaration> scales = new LinkedHashMap<>();

  private QuantizeWeights(WeightType type) {
    this.type = type;
  }

  /**
   * The quantization that all steps of a plan allow.
   *
   * @param graphs its steps
   * @param stored what lives between them
   */
  public static QuantizeWeights of(
      WeightType type, List<Graph> graphs, List<StorageDeclaration> stored) {
    QuantizeWeights q = new QuantizeWeights(type);
    if (type.isQuantized()) {
      WeightUses.readOnly(graphs, stored, true).forEach(q::choose);
    }
    return q;
  }

  private void choose(StorageDeclaration d, Set<Integer> kept) {
    Shape s = d.type().shape();
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < s.rank(); i++) {
      dims.add(kept.contains(i) ? s.dim(i) : 1);
    }
    TensorType t = d.type().withShape(new Shape(dims));
    scales.put(d.name(), new StorageDeclaration(d.id().as(Role.SCALE), t));
  }

  /** The stored tensors with the quantized types, and with the scales at the end. */
  @Override
  public List<StorageDeclaration> stored(List<StorageDeclaration> before) {
    List<StorageDeclaration> quantized = new ArrayList<>(super.stored(before));
    if (type.isScaled()) {
      quantized.addAll(scales.values());
    }
    return quantized;
  }

  @Override
  boolean changes(String name) {
    return scales.containsKey(name);
  }

  @Override
  TensorType type(String name, TensorType before) {
    return before.withDType(type.dtype());
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
    if (type.isScaled()) {
      for (Map.Entry<Integer, String> w : weights.entrySet()) {
        String labels = w.getKey() == 0 ? c.left() : c.right();
        sum = b.mul(sum, along(b, c, labels, w.getValue(), b.type(sum).shape()));
      }
    }
    return sum;
  }

  /** The scales of a weight, as a step reads them. */
  private int scale(GraphBuilder b, String weight) {
    StorageDeclaration scale = scales.get(weight);
    return b.add(new Stored(scale.name(), scale.type()));
  }

  /** The scales of a factor of a contraction, for each element of its result. */
  private int along(GraphBuilder b, Contract c, String labels, String weight, Shape result) {
    int scale = scale(b, weight);
    Shape axes = b.type(scale).shape();
    List<Integer> order = new ArrayList<>();
    List<Integer> dims = new ArrayList<>();
    for (char label : c.result().toCharArray()) {
      int axis = labels.indexOf(label);
      if (axis >= 0) {
        order.add(axis);
      }
      dims.add(axis < 0 ? 1 : axes.dim(axis));
    }
    for (int axis = 0; axis < labels.length(); axis++) {
      if (!order.contains(axis)) {
        order.add(axis);
      }
    }
    int turned = b.transpose(scale, order.toArray(Integer[]::new));
    return b.broadcast(b.reshape(turned, new Shape(dims)), result);
  }

  private int gather(GraphBuilder b, Gather gather, int[] x, String weight) {
    int rows = b.cast(b.add(gather, x), DType.F32);
    if (!type.isScaled()) {
      return rows;
    }
    int scale = scale(b, weight);
    return b.mul(rows, b.broadcast(b.add(gather, scale, x[1]), b.type(rows).shape()));
  }

  @Override
  void write(GraphBuilder b, String name, int value, Map<String, Integer> updates) {
    if (!type.isScaled()) {
      updates.put(name, type.rounded(b, value));
      return;
    }
    Shape full = b.type(value).shape();
    StorageDeclaration scale = scales.get(name);
    Shape axes = scale.type().shape();
    List<Integer> summed = new ArrayList<>(WeightUses.axes(full.rank()));
    summed.removeIf(i -> axes.dim(i) == full.dim(i));
    int magnitude = b.reshape(b.reduce(Reducer.MAX, b.add(new Abs(), value), summed), axes);
    int per = type.reciprocal(b, magnitude);
    updates.put(name, type.rounded(b, b.mul(value, b.broadcast(per, full))));
    updates.put(scale.name(), type.scale(b, magnitude));
  }
}
