package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/** {@code exp(x - max) / sum(exp(x - max))} along an axis. */
public record Softmax(int axis) implements Composite {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        0 <= axis && axis < operands.getFirst().shape().rank(), "%s of %s", this, operands);
    return operands.getFirst();
  }

  @Override
  public int decompose(Terms t, int[] x) {
    Shape s = t.type(x[0]).shape();
    List<Integer> axes = List.of(axis);
    int e = t.exp(t.sub(x[0], t.unreduce(t.reduce(Reducer.MAX, x[0], axes), axes, s)));
    return t.div(e, t.unreduce(t.sum(e, axes), axes, s));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    List<Integer> axes = List.of(axis);
    int mean = t.unreduce(t.sum(t.mul(g, y), axes), axes, t.type(y).shape());
    return new int[] {t.mul(y, t.sub(g, mean))};
  }
}
