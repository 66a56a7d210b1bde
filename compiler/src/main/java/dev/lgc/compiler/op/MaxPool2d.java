package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * The largest of each window of x[b, c, h, w]; padding is minus infinity. The gradient goes to the
 * first largest.
 */
public record MaxPool2d(Window rows, Window columns) implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    return new Pooling(rows, columns).windows(DType.F32, operands);
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    return new Pooling(rows, columns).reduce(Reducer.MAX, Double.NEGATIVE_INFINITY, operands);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    Shape s = t.type(x[0]).shape();
    int places = t.add(new MaxPool2dIndex(rows, columns), x[0]);
    return new int[] {t.add(new MaxPool2dGradient(rows, columns, s.dim(2), s.dim(3)), g, places)};
  }
}
