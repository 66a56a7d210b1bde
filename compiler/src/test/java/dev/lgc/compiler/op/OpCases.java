package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Every op with operands that fit it, in random shapes. */
public final class OpCases {
  /**
   * An op and its operands.
   *
   * @param values of the operands
   */
  public record Case(Op op, List<TensorType> types, List<double[]> values) {
    @Override
    public String toString() {
      return op + " of " + types;
    }
  }

  private final Random random;
  private final List<Case> cases = new ArrayList<>();

  private OpCases(Random random) {
    this.random = random;
  }

  public static List<Case> of(Random random) {
    OpCases c = new OpCases(random);
    c.elementwise();
    c.movements();
    c.reductions();
    c.contractions();
    c.indexed();
    c.composites();
    return c.cases;
  }

  private void elementwise() {
    Shape s = Shape.of(size(), size(), size());
    TensorType t = new TensorType(DType.F32, s);
    for (Op op : List.of(new Add(), new Sub(), new Mul(), new Minimum(), new Maximum())) {
      add(op, real(t), real(t));
    }
    for (Op op : List.of(new Less(), new LessEqual(), new Equal(), new NotEqual())) {
      add(op, real(t), real(t));
    }
    add(new Div(), real(t), positive(t));
    add(new Pow(), positive(t), real(t));
    for (Op op : List.of(new Sqrt(), new Rsqrt(), new Log())) {
      add(op, positive(t));
    }
    for (Op op :
        List.of(
            new Neg(),
            new Abs(),
            new Exp(),
            new Sin(),
            new Cos(),
            new Tanh(),
            new Erf(),
            new Sigmoid(),
            new Silu(),
            new Relu(),
            new LeakyRelu(0.2),
            new Gelu(),
            new Softplus(),
            new Floor(),
            new Cast(DType.I32))) {
      add(op, real(t));
    }
    TensorType bool = t.withDType(DType.BOOL);
    add(new And(), whole(bool, 2), whole(bool, 2));
    add(new Or(), whole(bool, 2), whole(bool, 2));
    add(new Not(), whole(bool, 2));
    add(new Cast(DType.F32), whole(bool, 2));
    add(new Where(), whole(bool, 2), real(t), real(t));
  }

  private void movements() {
    int a = size();
    int b = size();
    int c = size();
    TensorType t = TensorType.f32(a, b, 2 * c);
    add(new Reshape(Shape.of(a * b, c, 2)), real(t));
    add(new Reshape(Shape.of(2, a, b * c, 1)), real(t));
    add(new Transpose(List.of(2, 0, 1)), real(t));
    add(new Broadcast(Shape.of(3, a, b, c)), real(TensorType.f32(b, 1)));
    add(new Broadcast(Shape.of(a, b)), real(TensorType.f32()));
    add(new Slice(2, c / 2, 2 * c), real(t));
    add(new Pad(List.of(1, 0, 2), List.of(0, 2, 1), 0.5), real(t));
    add(new Concat(1, 3), real(t), real(TensorType.f32(a, 1, 2 * c)), real(t));
  }

  private void reductions() {
    TensorType t = TensorType.f32(size(), size(), size());
    add(new Reduce(Reducer.SUM, List.of(1)), real(t));
    add(new Reduce(Reducer.SUM, List.of(0, 2)), real(t));
    add(new Reduce(Reducer.MAX, List.of(0, 1, 2)), real(t));
    add(new Reduce(Reducer.MIN, List.of(2)), real(t));
    add(new ArgReduce(Reducer.ARGMAX, 1), real(t));
    add(new ArgReduce(Reducer.ARGMIN, 2), real(t));
  }

  private void contractions() {
    int b = size();
    int i = size();
    int o = size();
    add(new Contract("bsi,oi->bso"), real(TensorType.f32(b, 3, i)), real(TensorType.f32(o, i)));
    add(new Contract("bij,bjk->kbi"), real(TensorType.f32(b, i, 2)), real(TensorType.f32(b, 2, o)));
    add(new Contract("i,o->oi"), real(TensorType.f32(i)), real(TensorType.f32(o)));
    for (int stride = 1; stride <= 2; stride++) {
      Window rows = new Window(3, stride, random.nextInt(2), 1);
      Window columns = new Window(1 + random.nextInt(3), stride, 0, 1);
      int h = 5 + random.nextInt(3);
      int w = 5 + random.nextInt(3);
      int y = rows.outputs(h);
      int x = columns.outputs(w);
      Tensor image = real(TensorType.f32(2, i, h, w));
      Tensor weight = real(TensorType.f32(o, i, 3, columns.kernel()));
      Tensor result = real(TensorType.f32(2, o, y, x));
      add(new Conv2d(rows, columns), image, weight);
      add(new Conv2dInputGradient(rows, columns, h, w), result, weight);
      add(new Conv2dWeightGradient(rows, columns), image, result);
      // A window of padding alone would be minus infinity.
      add(new MaxPool2d(rows, new Window(2, stride, 0, 1)), image);
      add(new SumPool2d(rows, columns), image);
      add(new SumPool2dGradient(rows, columns, h, w), result);
      List<Double> taps = List.of(random.nextGaussian(), 0.0, 1.0);
      add(new RowFilter(rows, taps), image);
      add(new RowSpread(rows, taps, h), real(TensorType.f32(2, i, y, w)));
    }
    Window tiles = new Window(6, 4, 1, 1);
    List<Double> taps = List.of(4.0, 0.0, -5.0, 0.0, 1.0, 0.0);
    add(new RowFilter(tiles, taps), real(TensorType.f32(b, i, 12, o)));
    add(new RowSpread(tiles, taps, 12), real(TensorType.f32(b, i, 3, o)));
  }

  private void indexed() {
    int n = 2 + size();
    TensorType places = TensorType.i32(2, 3);
    add(new Gather(), real(TensorType.f32(n, 3)), whole(places, n));
    add(new ScatterAdd(n), whole(places, n), real(TensorType.f32(2, 3, 4)));
    add(new Pick(), real(TensorType.f32(2, 3, n)), whole(places, n));
    add(new DynamicSlice(1, 2), real(TensorType.f32(2, n, 2)), whole(TensorType.i32(), n - 1));
    add(
        new DynamicUpdate(1),
        real(TensorType.f32(2, n, 2)),
        real(TensorType.f32(2, 2, 2)),
        whole(TensorType.i32(), n - 1));
    add(new Uniform(3, TensorType.f32(3, n)), whole(TensorType.i32(4), 100));
    add(new Uniform(3, TensorType.f32(3, n)), whole(TensorType.i32(3, 4), 100));
    add(new Rotate(2, false), real(TensorType.f32(2, 3, 8)), real(TensorType.f32(3, 2, 2)));
  }

  private void composites() {
    TensorType t = TensorType.f32(size(), 3, 1 + size());
    add(new Softmax(2), real(t));
    add(new LogSoftmax(1), real(t));
    add(new LogSumExp(List.of(1, 2)), real(t));
    Tensor q = real(TensorType.f32(2, 4, 8));
    Tensor k = real(TensorType.f32(2, 4, 4));
    Tensor v = real(TensorType.f32(2, 4, 4));
    Tensor valid = whole(new TensorType(DType.BOOL, Shape.of(2, 4)), 2);
    add(new Attend(4, 2, 0.7, true, false, false), q, k, v);
    add(new Attend(4, 2, 0.7, true, true, false), q, k, v, valid);
    add(new Attend(4, 2, 0.7, false, false, false), q, k, v);
    Tensor one = real(TensorType.f32(2, 1, 8));
    add(new Attend(4, 2, 0.7, true, true, true), one, k, v, valid, whole(TensorType.i32(), 4));
    add(new KthLargest(), real(TensorType.f32(3, 9)), whole(TensorType.i32(), 9));
    add(new Nucleus(), real(TensorType.f32(3, 9)), positive(TensorType.f32()));
  }

  private record Tensor(TensorType type, double[] values) {}

  private void add(Op op, Tensor... operands) {
    List<Tensor> all = List.of(operands);
    cases.add(
        new Case(
            op,
            all.stream().map(Tensor::type).toList(),
            all.stream().map(Tensor::values).toList()));
  }

  private int size() {
    return 1 + random.nextInt(4);
  }

  private Tensor real(TensorType t) {
    return fill(t, () -> random.nextGaussian());
  }

  private Tensor positive(TensorType t) {
    return fill(t, () -> 0.2 + random.nextDouble());
  }

  private Tensor whole(TensorType t, int bound) {
    return fill(t, () -> random.nextInt(bound));
  }

  private static Tensor fill(TensorType t, java.util.function.DoubleSupplier value) {
    double[] v = new double[(int) t.shape().elements()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) value.getAsDouble();
    }
    return new Tensor(t, v);
  }
}
