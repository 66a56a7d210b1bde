package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * The place in each window (row-major tap, I32) of the first largest of x[b, c, h, w]; no gradient.
 */
public record MaxPool2dIndex(Window rows, Window columns) implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    return new Pooling(rows, columns).windows(DType.I32, operands);
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    return new Pooling(rows, columns).reduce(Reducer.ARGMAX, Double.NEGATIVE_INFINITY, operands);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(1);
  }
}
