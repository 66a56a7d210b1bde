package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * Cross-correlation of images x[b, c, h, w] with weights [o, c, kh, kw], zero-padded: result [b, o,
 * h', w'].
 *
 * @param rows the window along h
 * @param columns the window along w
 */
public record Conv2d(Window rows, Window columns) implements Contraction {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape x = operands.get(0).shape();
    Shape w = operands.get(1).shape();
    Checks.require(
        x.rank() == 4
            && w.rank() == 4
            && x.dim(1) == w.dim(1)
            && w.dim(2) == rows.kernel()
            && w.dim(3) == columns.kernel(),
        "%s of %s",
        this,
        operands);
    return TensorType.f32(x.dim(0), w.dim(0), rows.outputs(x.dim(2)), columns.outputs(x.dim(3)));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    Shape x = operands.get(0).shape();
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    Axis c = new Axis(4, x.dim(1));
    Axis ky = new Axis(5, rows.kernel());
    Axis kx = new Axis(6, columns.kernel());
    Window.At y = rows.input(space.get(2), ky, x.dim(2));
    Window.At z = columns.input(space.get(3), kx, x.dim(3));
    Scalar pixel =
        new Scalar.Load(
            0,
            operands.get(0).dtype(),
            List.of(Scalar.of(space.get(0)), Scalar.of(c), y.index(), z.index()),
            Window.both(y, z),
            0);
    Scalar weight =
        new Scalar.Load(
            1,
            operands.get(1).dtype(),
            List.of(Scalar.of(space.get(1)), Scalar.of(c), Scalar.of(ky), Scalar.of(kx)));
    return new Algorithm(
        space, List.of(c, ky, kx), Reducer.SUM, Contraction.product(pixel, weight));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    Shape s = t.type(x[0]).shape();
    return new int[] {
      t.add(new Conv2dInputGradient(rows, columns, s.dim(2), s.dim(3)), g, x[1]),
      t.add(new Conv2dWeightGradient(rows, columns), x[0], g)
    };
  }
}
