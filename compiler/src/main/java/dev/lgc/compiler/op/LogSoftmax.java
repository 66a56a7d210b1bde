package dev.lgc.compiler.op;

import dev.lgc.dsl.type.TensorType;
import java.util.List;

/** {@code x - logsumexp(x)} along an axis. */
public record LogSoftmax(int axis) implements Composite {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        0 <= axis && axis < operands.getFirst().shape().rank(), "%s of %s", this, operands);
    return operands.getFirst();
  }

  @Override
  public int decompose(Terms t, int[] x) {
    List<Integer> axes = List.of(axis);
    int whole = t.add(new LogSumExp(axes), x[0]);
    return t.sub(x[0], t.unreduce(whole, axes, t.type(x[0]).shape()));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    List<Integer> axes = List.of(axis);
    int total = t.unreduce(t.sum(g, axes), axes, t.type(y).shape());
    return new int[] {t.sub(g, t.mul(t.exp(y), total))};
  }
}
