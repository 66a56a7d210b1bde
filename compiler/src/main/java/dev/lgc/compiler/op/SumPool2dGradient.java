package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/** What {@link SumPool2d} passes back: from the result's gradient to [b, c, height, width]. */
public record SumPool2dGradient(Window rows, Window columns, int height, int width)
    implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape g = operands.getFirst().shape();
    Checks.require(
        g.rank() == 4 && g.dim(2) == rows.outputs(height) && g.dim(3) == columns.outputs(width),
        "%s of %s",
        this,
        operands);
    return TensorType.f32(g.dim(0), g.dim(1), height, width);
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    Shape g = operands.getFirst().shape();
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    Axis ky = new Axis(4, rows.kernel());
    Axis kx = new Axis(5, columns.kernel());
    Window.At y = rows.output(space.get(2), ky, g.dim(2));
    Window.At z = columns.output(space.get(3), kx, g.dim(3));
    List<Scalar> index =
        List.of(Scalar.of(space.get(0)), Scalar.of(space.get(1)), y.index(), z.index());
    Scalar gradient = new Scalar.Load(0, DType.F32, index, Window.both(y, z), 0);
    return new Algorithm(space, List.of(ky, kx), Reducer.SUM, gradient);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.add(new SumPool2d(rows, columns), g)};
  }
}
