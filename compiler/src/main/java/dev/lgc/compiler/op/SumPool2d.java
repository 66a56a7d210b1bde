package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * The sum of each window of x[b, c, h, w]; padding is zero. The mean pool divides it by the number
 * of real elements.
 */
public record SumPool2d(Window rows, Window columns) implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    return new Pooling(rows, columns).windows(DType.F32, operands);
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    return new Pooling(rows, columns).reduce(Reducer.SUM, 0, operands);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    Shape s = t.type(x[0]).shape();
    return new int[] {t.add(new SumPool2dGradient(rows, columns, s.dim(2), s.dim(3)), g)};
  }
}
