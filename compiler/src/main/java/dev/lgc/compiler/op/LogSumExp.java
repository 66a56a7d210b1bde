package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;

/** {@code log(sum(exp(x)))} over axes, which are folded away, without overflow. */
public record LogSumExp(List<Integer> axes) implements Composite {
  public LogSumExp {
    axes = List.copyOf(axes);
  }

  @Override
  public TensorType infer(List<TensorType> operands) {
    List<Integer> dims = new ArrayList<>(operands.getFirst().shape().dims());
    axes.reversed().forEach(a -> dims.remove((int) a));
    return operands.getFirst().withShape(new Shape(dims));
  }

  @Override
  public int decompose(Terms t, int[] x) {
    Shape s = t.type(x[0]).shape();
    int top = t.reduce(Reducer.MAX, x[0], axes);
    int sum = t.sum(t.exp(t.sub(x[0], t.unreduce(top, axes, s))), axes);
    return t.plus(t.log(sum), top);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    Shape s = t.type(x[0]).shape();
    int softmax = t.exp(t.sub(x[0], t.unreduce(y, axes, s)));
    return new int[] {t.mul(t.unreduce(g, axes, s), softmax)};
  }
}
