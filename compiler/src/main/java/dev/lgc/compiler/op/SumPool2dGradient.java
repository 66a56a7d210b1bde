package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/** The gradient of {@link SumPool2d}: from the result's gradient to [b, c, height, width]. */
public record SumPool2dGradient(Window rows, Window columns, int height, int width)
    implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    return new Pooling(rows, columns).pixels(height, width, operands);
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    return new Pooling(rows, columns)
        .spread(
            height,
            width,
            operands,
            (index, inside, tap) -> new Scalar.Load(0, DType.F32, index, inside, 0));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.add(new SumPool2d(rows, columns), g)};
  }
}
