package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * {@code (x - max) - log(sum(exp(x - max)))} along an axis: as exact for elements far from zero as
 * for those near it.
 */
public record LogSoftmax(int axis) implements Composite {
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
    int away = t.sub(x[0], t.unreduce(t.reduce(Reducer.MAX, x[0], axes), axes, s));
    return t.sub(away, t.unreduce(t.log(t.sum(t.exp(away), axes)), axes, s));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    List<Integer> axes = List.of(axis);
    int total = t.unreduce(t.sum(g, axes), axes, t.type(y).shape());
    return new int[] {t.sub(g, t.mul(t.exp(y), total))};
  }
}
