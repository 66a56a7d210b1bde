package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
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
    Shape x = operands.getFirst().shape();
    Checks.require(x.rank() == 4, "%s of %s", this, operands);
    return new TensorType(
        DType.F32, Shape.of(x.dim(0), x.dim(1), rows.outputs(x.dim(2)), columns.outputs(x.dim(3))));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    Shape x = operands.getFirst().shape();
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    Axis ky = new Axis(4, rows.kernel());
    Axis kx = new Axis(5, columns.kernel());
    Window.At y = rows.input(space.get(2), ky, x.dim(2));
    Window.At z = columns.input(space.get(3), kx, x.dim(3));
    Scalar pixel =
        new Scalar.Load(
            0,
            DType.F32,
            List.of(Scalar.of(space.get(0)), Scalar.of(space.get(1)), y.index(), z.index()),
            Window.both(y, z),
            0);
    return new Algorithm(space, List.of(ky, kx), Reducer.SUM, pixel);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    Shape s = t.type(x[0]).shape();
    return new int[] {t.add(new SumPool2dGradient(rows, columns, s.dim(2), s.dim(3)), g)};
  }
}
