package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * The gradient of {@link Conv2d} with the same windows with respect to its weights: from the images
 * [b, c, h, w] and the result's gradient [b, o, h', w'] to [o, c, kh, kw].
 */
public record Conv2dWeightGradient(Window rows, Window columns) implements Contraction {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape x = operands.get(0).shape();
    Shape g = operands.get(1).shape();
    Checks.require(
        x.rank() == 4
            && g.rank() == 4
            && x.dim(0) == g.dim(0)
            && g.dim(2) == rows.outputs(x.dim(2))
            && g.dim(3) == columns.outputs(x.dim(3)),
        "%s of %s",
        this,
        operands);
    return TensorType.f32(g.dim(1), x.dim(1), rows.kernel(), columns.kernel());
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    Shape x = operands.get(0).shape();
    Shape g = operands.get(1).shape();
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    Axis b = new Axis(4, x.dim(0));
    Axis oy = new Axis(5, g.dim(2));
    Axis ox = new Axis(6, g.dim(3));
    Window.At y = rows.input(oy, space.get(2), x.dim(2));
    Window.At z = columns.input(ox, space.get(3), x.dim(3));
    Scalar pixel =
        new Scalar.Load(
            0,
            operands.get(0).dtype(),
            List.of(Scalar.of(b), Scalar.of(space.get(1)), y.index(), z.index()),
            Window.both(y, z),
            0);
    Scalar gradient =
        new Scalar.Load(
            1,
            operands.get(1).dtype(),
            List.of(Scalar.of(b), Scalar.of(space.get(0)), Scalar.of(oy), Scalar.of(ox)));
    return new Algorithm(
        space, List.of(b, oy, ox), Reducer.SUM, Contraction.product(pixel, gradient));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    Shape s = t.type(x[0]).shape();
    return new int[] {
      t.add(new Conv2dInputGradient(rows, columns, s.dim(2), s.dim(3)), x[1], g),
      t.add(new Conv2d(rows, columns), x[0], g)
    };
  }
}
