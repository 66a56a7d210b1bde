package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * The gradient of {@link MaxPool2d}: from the result's gradient and {@link MaxPool2dIndex} to [b,
 * c, height, width].
 */
public record MaxPool2dGradient(Window rows, Window columns, int height, int width)
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
            (index, inside, tap) -> {
              Scalar gradient = new Scalar.Load(0, DType.F32, index, inside, 0);
              Scalar place = new Scalar.Load(1, DType.I32, index, inside, -1);
              Scalar chosen = Scalar.apply(Function.EQ, place, tap);
              return Scalar.apply(Function.SELECT, chosen, gradient, Scalar.f32(0));
            });
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(2);
  }
}
