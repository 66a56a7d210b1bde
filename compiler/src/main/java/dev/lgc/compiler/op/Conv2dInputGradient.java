package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * The gradient of {@link Conv2d} with the same windows with respect to its images: from the
 * result's gradient [b, o, h', w'] and the weights [o, c, kh, kw] to [b, c, height, width]. Also
 * the transposed convolution.
 */
public record Conv2dInputGradient(Window rows, Window columns, int height, int width)
    implements Contraction {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape g = operands.get(0).shape();
    Shape w = operands.get(1).shape();
    Checks.require(
        g.rank() == 4
            && w.rank() == 4
            && g.dim(1) == w.dim(0)
            && w.dim(2) == rows.kernel()
            && w.dim(3) == columns.kernel()
            && g.dim(2) == rows.outputs(height)
            && g.dim(3) == columns.outputs(width),
        "%s of %s",
        this,
        operands);
    return TensorType.f32(g.dim(0), w.dim(1), height, width);
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    Shape g = operands.get(0).shape();
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    Axis o = new Axis(4, g.dim(1));
    Axis ky = new Axis(5, rows.kernel());
    Axis kx = new Axis(6, columns.kernel());
    Window.At y = rows.output(space.get(2), ky, g.dim(2));
    Window.At z = columns.output(space.get(3), kx, g.dim(3));
    Scalar gradient =
        new Scalar.Load(
            0,
            operands.get(0).dtype(),
            List.of(Scalar.of(space.get(0)), Scalar.of(o), y.index(), z.index()),
            Window.both(y, z),
            0);
    Scalar weight =
        new Scalar.Load(
            1,
            operands.get(1).dtype(),
            List.of(Scalar.of(o), Scalar.of(space.get(1)), Scalar.of(ky), Scalar.of(kx)));
    return new Algorithm(
        space, List.of(o, ky, kx), Reducer.SUM, Contraction.product(gradient, weight));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {
      t.add(new Conv2d(rows, columns), g, x[1]),
      t.add(new Conv2dWeightGradient(rows, columns), g, x[0])
    };
  }
}
