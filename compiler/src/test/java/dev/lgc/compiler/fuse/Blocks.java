package dev.lgc.compiler.fuse;

import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.LogSumExp;
import dev.lgc.compiler.op.Pick;
import dev.lgc.compiler.op.Rotate;
import dev.lgc.compiler.op.Rsqrt;
import dev.lgc.compiler.op.Silu;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Uniform;
import dev.lgc.compiler.op.Window;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.compiler.rewrite.Simplified;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The blocks that models are made of, as a builder of graphs, to look at their kernels. */
final class Blocks {
  final GraphBuilder b = new GraphBuilder();
  private Graph graph;
  private final List<StorageDeclaration> stored = new ArrayList<>();
  private final Map<String, Integer> parameters = new LinkedHashMap<>();
  private int streams;

  /** What was planned last. */
  Graph graph() {
    return graph;
  }

  int input(String name, int... dims) {
    return b.add(new Input(name, TensorType.f32(dims)));
  }

  int integers(String name, int... dims) {
    return b.add(new Input(name, TensorType.i32(dims)));
  }

  int parameter(String path, int... dims) {
    TensorType t = TensorType.f32(dims);
    stored.add(new StorageDeclaration(path, Role.PARAMETER, t));
    parameters.put(path, b.add(new Stored(path, t)));
    return parameters.get(path);
  }

  int rmsNorm(String path, int x) {
    Shape s = b.type(x).shape();
    List<Integer> last = List.of(s.rank() - 1);
    int mean = b.scale(b.sum(b.mul(x, x), last), 1.0 / s.dim(-1));
    int r = b.add(new Rsqrt(), b.shift(mean, 1e-5));
    int w = b.broadcast(parameter(path + ".weight", s.dim(-1)), s);
    return b.mul(b.mul(x, b.unreduce(r, last, s)), w);
  }

  int linear(String path, int x, int outputs) {
    int w = parameter(path + ".weight", outputs, b.type(x).shape().dim(-1));
    return b.contract("bsi,oi->bso", x, w);
  }

  int swiGlu(String path, int x, int hidden) {
    int gate = b.add(new Silu(), linear(path + ".w1", x, hidden));
    int product = b.mul(gate, linear(path + ".w3", x, hidden));
    return linear(path + ".w2", product, b.type(x).shape().dim(-1));
  }

  int dropout(int x, int key) {
    TensorType t = b.type(x);
    int dropped = b.less(b.add(new Uniform(streams++, t), key), b.fill(0.1, t));
    return b.where(dropped, b.fill(0, t), b.scale(x, 1 / 0.9));
  }

  int llamaBlock(String path, int x, int heads, int rope, int key) {
    int dim = b.type(x).shape().dim(-1);
    int normed = rmsNorm(path + ".attention_norm", x);
    int qkv = linear(path + ".wqkv", normed, 3 * dim);
    int q = b.add(new Rotate(heads, false), b.slice(qkv, 2, 0, dim), rope);
    int k = b.add(new Rotate(heads, false), b.slice(qkv, 2, dim, 2 * dim), rope);
    int v = b.slice(qkv, 2, 2 * dim, 3 * dim);
    int attended = attention(q, k, v, heads, heads);
    int h = b.plus(x, dropout(linear(path + ".wo", attended, dim), key));
    int f = swiGlu(path, rmsNorm(path + ".ffn_norm", h), 2 * dim);
    return b.plus(h, dropout(f, key));
  }

  int attention(int q, int k, int v, int heads, int keyHeads) {
    double scale = Math.sqrt(1.0 * heads / b.type(q).shape().dim(-1));
    return b.add(new Attend(heads, keyHeads, scale, true, false, false), q, k, v);
  }

  int groupNorm(String path, int x, int groups) {
    Shape s = b.type(x).shape();
    int size = (int) (s.elements() / s.dim(0) / groups);
    Shape grouped = Shape.of(s.dim(0), groups, size);
    int y = b.reshape(x, grouped);
    List<Integer> last = List.of(2);
    int centred = b.sub(y, b.unreduce(b.scale(b.sum(y, last), 1.0 / size), last, grouped));
    int variance = b.scale(b.sum(b.mul(centred, centred), last), 1.0 / size);
    int r = b.unreduce(b.add(new Rsqrt(), b.shift(variance, 1e-6)), last, grouped);
    int z = b.reshape(b.mul(centred, r), s);
    return b.plus(
        b.mul(z, channels(parameter(path + ".weight", s.dim(1)), s)),
        channels(parameter(path + ".bias", s.dim(1)), s));
  }

  private int channels(int w, Shape s) {
    return b.broadcast(b.reshape(w, 1, s.dim(1), 1, 1), s);
  }

  int convolution(String path, int x) {
    Window w = new Window(3, 1, 1, 1);
    int c = b.type(x).shape().dim(1);
    int y = b.add(new Conv2d(w, w), x, parameter(path + ".weight", c, c, 3, 3));
    return b.plus(y, channels(parameter(path + ".bias", c), b.type(y).shape()));
  }

  int residual(String path, int x) {
    int h = convolution(path + ".conv1", b.add(new Silu(), groupNorm(path + ".norm1", x, 32)));
    int y = convolution(path + ".conv2", b.add(new Silu(), groupNorm(path + ".norm2", h, 32)));
    return b.plus(x, y);
  }

  int crossEntropy(int logits, int labels) {
    Shape s = b.type(logits).shape();
    int lse = b.add(new LogSumExp(List.of(s.rank() - 1)), logits);
    int each = b.sub(lse, b.add(new Pick(), logits, labels));
    return b.scale(b.sum(each), 1.0 / b.type(each).shape().elements());
  }

  ExecutionPlan forward(String name, int y) {
    return plan(name, Map.of("y", y), Map.of());
  }

  /** The gradients of every parameter, and of {@code also}, from a gradient that is an input. */
  ExecutionPlan backward(String name, int y, int... also) {
    TensorType t = b.type(y);
    int g = b.add(new Input("gradient", t));
    return gradients(name, b.sum(b.mul(y, g)), also);
  }

  /** The gradients of some values alone, from a gradient that is an input. */
  ExecutionPlan backwardOnly(String name, int y, int... of) {
    int loss = b.sum(b.mul(y, b.add(new Input("gradient", b.type(y)))));
    int[] g = Autodiff.gradients(b, loss, IntStream.of(of).boxed().toList());
    Map<String, Integer> outputs = new LinkedHashMap<>();
    for (int i = 0; i < g.length; i++) {
      outputs.put("gradient" + i, g[i]);
    }
    return plan(name, outputs, Map.of());
  }

  ExecutionPlan gradients(String name, int loss, int... also) {
    List<Integer> wrt = new ArrayList<>(parameters.values());
    IntStream.of(also).forEach(wrt::add);
    int[] g = Autodiff.gradients(b, loss, wrt);
    Map<String, Integer> outputs = new LinkedHashMap<>();
    outputs.put("loss", loss);
    for (int i = 0; i < also.length; i++) {
      outputs.put("gradient" + i, g[parameters.size() + i]);
    }
    Map<String, Integer> updates = new LinkedHashMap<>();
    int i = 0;
    for (String path : parameters.keySet()) {
      stored.add(new StorageDeclaration(path, Role.GRADIENT, b.type(parameters.get(path))));
      updates.put("gradient:" + path, g[i++]);
    }
    return plan(name, outputs, updates);
  }

  private ExecutionPlan plan(
      String name, Map<String, Integer> outputs, Map<String, Integer> updates) {
    graph = primitives(name, outputs, updates);
    return Plans.of(name, stored, List.of(graph));
  }

  /** The graph of some values as fusion gets it from the list of passes. */
  Graph primitives(String name, Map<String, Integer> outputs, Map<String, Integer> updates) {
    Graph simple = Simplified.of(Decompose.all(Simplified.of(b.build(name, outputs, updates))));
    return SplitReductions.of(simple, JvmFusion.LIMITS);
  }
}
