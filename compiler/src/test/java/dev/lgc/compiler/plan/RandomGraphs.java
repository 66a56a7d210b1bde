package dev.lgc.compiler.plan;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.ArgReduce;
import dev.lgc.compiler.op.Cast;
import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Floor;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Gelu;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.LogSumExp;
import dev.lgc.compiler.op.MaxPool2d;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Pad;
import dev.lgc.compiler.op.Pick;
import dev.lgc.compiler.op.Relu;
import dev.lgc.compiler.op.Rotate;
import dev.lgc.compiler.op.RowFilter;
import dev.lgc.compiler.op.RowSpread;
import dev.lgc.compiler.op.Rsqrt;
import dev.lgc.compiler.op.Sigmoid;
import dev.lgc.compiler.op.Silu;
import dev.lgc.compiler.op.Softmax;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.SumPool2d;
import dev.lgc.compiler.op.Tanh;
import dev.lgc.compiler.op.Uniform;
import dev.lgc.compiler.op.Window;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Graphs of random ops over random shapes, often with gradients and updates. Values stay near 1.
 */
public final class RandomGraphs {
  private static final int[] EXTENTS = {1, 2, 2, 3, 4, 4, 6};

  private final Random random;
  private final GraphBuilder b = new GraphBuilder();
  private final List<Integer> values = new ArrayList<>();
  public final List<StorageDeclaration> stored = new ArrayList<>();
  private final List<DType> floats;
  private int stream;

  public RandomGraphs(long seed) {
    this(seed, List.of(DType.BF16, DType.F16, DType.F64));
  }

  /**
   * @param floats types that values may be rounded to in between; not empty
   */
  public RandomGraphs(long seed, List<DType> floats) {
    random = new Random(seed);
    this.floats = List.copyOf(floats);
  }

  public Graph graph(int ops) {
    int key = b.add(new Input("key", TensorType.i32(4)));
    int inputs = 1 + random.nextInt(3);
    for (int i = 0; i < inputs; i++) {
      values.add(b.add(new Input("x" + i, new TensorType(DType.F32, shape()))));
    }
    List<Integer> parameters = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      TensorType t = new TensorType(DType.F32, shape());
      stored.add(new StorageDeclaration("p" + i, StoredId.Role.PARAMETER, t));
      stored.add(new StorageDeclaration("p" + i, StoredId.Role.GRADIENT, t));
      parameters.add(b.add(new Stored("p" + i, t)));
    }
    values.addAll(parameters);
    for (int i = 0; i < ops; i++) {
      int v = step(key);
      if (b.type(v).shape().elements() <= 600) {
        values.add(v);
      }
    }
    Map<String, Integer> outputs = new LinkedHashMap<>();
    Map<String, Integer> updates = new LinkedHashMap<>();
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      outputs.put("y" + i, pick());
    }
    if (random.nextInt(3) > 0) {
      int loss = b.sum(b.add(new Tanh(), values.getLast()));
      int[] g = Autodiff.gradients(b, loss, parameters);
      outputs.put("loss", loss);
      for (int i = 0; i < g.length; i++) {
        updates.put("gradient:p" + i, g[i]);
        if (random.nextBoolean()) {
          updates.put("p" + i, b.sub(parameters.get(i), b.scale(g[i], 0.1)));
        }
      }
    }
    return b.build("random", outputs, updates);
  }

  private int pick() {
    int n = values.size();
    return values.get(
        random.nextBoolean() ? n - 1 - random.nextInt(Math.min(3, n)) : random.nextInt(n));
  }

  private Shape shape() {
    List<Integer> d = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      d.add(extent());
    }
    return new Shape(d);
  }

  private int extent() {
    return EXTENTS[random.nextInt(EXTENTS.length)];
  }

  private int step(int key) {
    int x = pick();
    TensorType t = b.type(x);
    Shape s = t.shape();
    return switch (random.nextInt(24)) {
      case 0, 1, 2 -> unary(x);
      case 3, 4, 5 -> binary(x, partner(x));
      case 6, 7 -> reduceAndSpread(x);
      case 8 -> b.reshape(x, refactored(s));
      case 9 -> b.transpose(x, permutation(s.rank()));
      case 10 -> s.rank() == 0 ? x : slice(x);
      case 11 -> s.rank() == 0 ? x : pad(x);
      case 12 -> s.rank() == 0 ? x : b.concat(random.nextInt(s.rank()), x, unary(x));
      case 13 -> contract(x);
      case 14 -> convolution(x);
      case 15 ->
          b.mul(
              x,
              b.where(
                  b.less(b.add(new Uniform(stream++, t), key), b.fill(0.7, t)),
                  b.fill(1, t),
                  b.fill(0, t)));
      case 16 -> gather(x);
      case 17 ->
          s.rank() == 0 ? x : new Softmax(random.nextInt(s.rank())).decompose(b, new int[] {x});
      case 18 -> pickOne(x);
      case 19 -> narrow(x);
      case 20 -> attend(x);
      case 21 -> narrowWeight(x);
      case 22 -> rotate(x);
      default -> normalise(x);
    };
  }

  private int unary(int x) {
    List<Op> ops = List.of(new Tanh(), new Sigmoid(), new Silu(), new Relu(), new Gelu());
    return b.add(ops.get(random.nextInt(ops.size())), x);
  }

  private int binary(int x, int y) {
    return switch (random.nextInt(5)) {
      case 0 -> b.plus(x, y);
      case 1 -> b.sub(x, y);
      case 2 -> b.maximum(x, y);
      case 3 -> b.mul(x, b.add(new Tanh(), y));
      default -> b.where(b.less(x, y), x, y);
    };
  }

  /** Something computed in another type. */
  private int narrow(int x) {
    DType type = floats.get(random.nextInt(floats.size()));
    int y = b.add(new Cast(type), x);
    y = b.add(new Tanh(), random.nextBoolean() ? b.mul(y, y) : y);
    return b.add(new Cast(DType.F32), y);
  }

  /** A product with a stored matrix of a narrow type, as rows of it or along its rows. */
  private int narrowWeight(int x) {
    Shape s = b.type(x).shape();
    if (s.rank() < 1 || !floats.contains(DType.BF16)) {
      return x;
    }
    int depth = s.dim(-1);
    int rows = (int) (s.elements() / depth);
    int out = List.of(1, 3, 16, 21).get(random.nextInt(4));
    boolean along = random.nextBoolean();
    TensorType t =
        new TensorType(
            random.nextBoolean() ? DType.I8 : DType.BF16,
            along ? Shape.of(out, depth) : Shape.of(depth, out));
    StorageDeclaration weight =
        new StorageDeclaration("n" + stored.size(), StoredId.Role.PARAMETER, t);
    stored.add(weight);
    int w = b.cast(b.add(new Stored(weight.name(), t)), DType.F32);
    String spec = along ? "ab,cb->ac" : "ab,bc->ac";
    // Stored whole numbers go to 100.
    return b.add(new Tanh(), b.scale(b.contract(spec, b.reshape(x, rows, depth), w), 0.01));
  }

  /** Another value of the same shape, through a broadcast if there is none. */
  private int partner(int x) {
    List<Integer> shuffled = new ArrayList<>(values);
    Collections.shuffle(shuffled, random);
    Shape s = b.type(x).shape();
    for (int y : shuffled) {
      Shape t = b.type(y).shape();
      if (y != x && t.equals(s)) {
        return y;
      }
      if (s.rank() > 0 && t.rank() == 1 && t.dim(0) == s.dim(-1)) {
        return b.broadcast(y, s);
      }
      if (y != x && t.elements() == s.elements()) {
        return b.reshape(y, s);
      }
    }
    return unary(x);
  }

  private int reduceAndSpread(int x) {
    Shape s = b.type(x).shape();
    List<Integer> axes = new ArrayList<>();
    for (int i = 0; i < s.rank(); i++) {
      if (random.nextBoolean()) {
        axes.add(i);
      }
    }
    if (axes.isEmpty()) {
      return x;
    }
    Reducer r = List.of(Reducer.SUM, Reducer.MAX, Reducer.SUM).get(random.nextInt(3));
    int y = b.add(new Tanh(), b.reduce(r, x, axes));
    return random.nextInt(4) == 0 ? y : b.plus(b.unreduce(y, axes, s), x);
  }

  private int normalise(int x) {
    Shape s = b.type(x).shape();
    if (s.rank() == 0) {
      return x;
    }
    List<Integer> last = List.of(s.rank() - 1);
    int squares = b.sum(b.mul(x, x), last);
    int r = b.add(new Rsqrt(), b.shift(b.scale(squares, 1.0 / s.dim(-1)), 0.1));
    return b.mul(x, b.unreduce(r, last, s));
  }

  private Shape refactored(Shape s) {
    long rest = s.elements();
    List<Integer> d = new ArrayList<>();
    for (int f : new int[] {2, 3, 4, 1, 2}) {
      if (rest % f == 0 && random.nextBoolean()) {
        d.add(random.nextInt(d.size() + 1), f);
        rest /= f;
      }
    }
    d.add(random.nextInt(d.size() + 1), (int) rest);
    return new Shape(d);
  }

  private Integer[] permutation(int rank) {
    List<Integer> p = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      p.add(i);
    }
    Collections.shuffle(p, random);
    return p.toArray(Integer[]::new);
  }

  private int slice(int x) {
    Shape s = b.type(x).shape();
    int axis = random.nextInt(s.rank());
    int start = random.nextInt(s.dim(axis));
    return b.slice(x, axis, start, start + 1 + random.nextInt(s.dim(axis) - start));
  }

  private int pad(int x) {
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    b.type(x)
        .shape()
        .dims()
        .forEach(
            d -> {
              before.add(random.nextInt(2));
              after.add(random.nextInt(2));
            });
    return b.add(new Pad(before, after, random.nextInt(2)), x);
  }

  private int contract(int x) {
    Shape s = b.type(x).shape();
    if (s.rank() < 1) {
      return x;
    }
    int rows = (int) (s.elements() / s.dim(-1));
    int m = b.reshape(x, rows, s.dim(-1));
    int w = b.reshape(unary(x), rows, s.dim(-1));
    if (floats.contains(DType.BF16) && random.nextInt(3) == 0) {
      m = b.cast(m, DType.BF16);
      w = b.cast(w, DType.BF16);
    }
    int y =
        switch (random.nextInt(3)) {
          case 0 -> b.contract("ab,ac->bc", m, w);
          case 1 -> b.contract("ab,cb->ac", m, w);
          default -> b.contract("ab,bc->ca", m, b.transpose(w, 1, 0));
        };
    return b.add(new Tanh(), y);
  }

  /** Vectors that each look at a few rows of their own. */
  private int attend(int x) {
    Shape s = b.type(x).shape();
    if (s.rank() < 1) {
      return x;
    }
    int vectors = (int) (s.elements() / s.dim(-1));
    int keys = 2 + random.nextInt(4);
    int q = b.reshape(x, vectors, s.dim(-1));
    Shape full = Shape.of(vectors, keys, s.dim(-1));
    double[] table = random.doubles(keys * s.dim(-1), -1, 1).map(d -> (float) d).toArray();
    int mixer = b.add(new Dense(TensorType.f32(keys, s.dim(-1)), table));
    int k = b.add(new Tanh(), b.mul(b.unreduce(q, List.of(1), full), b.broadcast(mixer, full)));
    int scores = b.contract("ni,nji->nj", q, k);
    if (random.nextBoolean()) {
      scores = new Softmax(1).decompose(b, new int[] {scores});
    }
    int y = random.nextInt(3) == 0 ? scores : b.contract("nj,nji->ni", scores, k);
    return b.add(new Tanh(), y);
  }

  /** Neighbouring pairs of every row turned. */
  private int rotate(int x) {
    Shape s = b.type(x).shape();
    int heads = 1 + random.nextInt(2);
    int rows = s.rank() < 2 ? 1 : s.dim(0);
    long width = s.elements() / rows;
    if (width % (2 * heads) != 0) {
      return x;
    }
    int pairs = (int) width / (2 * heads);
    double[] angles = random.doubles(rows * pairs * 2L, -1, 1).map(d -> (float) d).toArray();
    int rope = b.add(new Dense(TensorType.f32(rows, pairs, 2), angles));
    int row = b.reshape(x, 1, rows, (int) width);
    return b.reshape(b.add(new Rotate(heads, random.nextBoolean()), row, rope), s);
  }

  private int convolution(int x) {
    Shape s = b.type(x).shape();
    if (s.elements() % 4 != 0) {
      return x;
    }
    int image = b.reshape(x, 1, 1, 4, (int) (s.elements() / 4));
    Window w = new Window(2, 1 + random.nextInt(2), 1, 0);
    return switch (random.nextInt(5)) {
      case 0 -> {
        double[] taps = random.doubles(8, -1, 1).map(d -> (float) d).toArray();
        int weight = b.add(new Dense(TensorType.f32(2, 1, 2, 2), taps));
        yield b.add(new Tanh(), b.add(new Conv2d(w, w), image, weight));
      }
      case 1 -> b.add(new MaxPool2d(new Window(2, 1, 0, 0), new Window(1, 1, 0, 0)), image);
      case 2 -> rows(image);
      case 3 -> b.add(new RowSpread(new Window(3, 2, 1, 0), List.of(1.0, -0.5, 2.0), 8), image);
      default -> b.add(new SumPool2d(w, w), image);
    };
  }

  /** Several sums of the same rows. */
  private int rows(int image) {
    Window w = new Window(3, 1 + random.nextInt(2), 1, 1);
    int sum = b.add(new RowFilter(w, List.of(1.0, 0.0, -1.0)), image);
    int other = b.add(new RowFilter(w, List.of(0.5, 2.0, 0.25)), image);
    return b.add(new Tanh(), random.nextBoolean() ? b.mul(sum, other) : b.concat(0, sum, other));
  }

  private int index(int x, int limit) {
    int scaled = b.scale(b.add(new Sigmoid(), x), limit * 0.999);
    return b.add(new Cast(DType.I32), b.add(new Floor(), scaled));
  }

  private int gather(int x) {
    Shape s = b.type(x).shape();
    if (s.rank() == 0) {
      return x;
    }
    int source = pick();
    if (b.type(source).shape().elements() > 12) {
      source = values.getFirst();
    }
    return b.add(new Gather(), x, index(source, s.dim(0)));
  }

  private int pickOne(int x) {
    Shape s = b.type(x).shape();
    if (s.rank() == 0) {
      return x;
    }
    int best = b.add(new ArgReduce(Reducer.ARGMAX, s.rank() - 1), x);
    int lse = new LogSumExp(List.of(s.rank() - 1)).decompose(b, new int[] {x});
    return b.sub(lse, b.add(new Pick(), x, best));
  }
}
