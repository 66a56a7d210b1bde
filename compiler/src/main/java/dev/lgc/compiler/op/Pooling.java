package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Optional;

/** The two windows over images [b, c, h, w] that pools and their gradients have in common. */
record Pooling(Window rows, Window columns) {
  /** The type of one value per window of the only operand. */
  TensorType windows(DType dtype, List<TensorType> operands) {
    Shape x = operands.getFirst().shape();
    Checks.require(x.rank() == 4, "%s of %s", this, operands);
    return new TensorType(
        dtype, Shape.of(x.dim(0), x.dim(1), rows.outputs(x.dim(2)), columns.outputs(x.dim(3))));
  }

  /** Reduces every window of the only operand; {@code padding} is what lies outside of it. */
  Algorithm reduce(Reducer reducer, double padding, List<TensorType> operands) {
    Shape x = operands.getFirst().shape();
    List<Axis> space = Algorithm.axes(windows(DType.F32, operands).shape().dims());
    Axis ky = new Axis(4, rows.kernel());
    Axis kx = new Axis(5, columns.kernel());
    Window.At y = rows.input(space.get(2), ky, x.dim(2));
    Window.At z = columns.input(space.get(3), kx, x.dim(3));
    Scalar pixel = new Scalar.Load(0, DType.F32, index(space, y, z), Window.both(y, z), padding);
    return new Algorithm(space, List.of(ky, kx), reducer, pixel);
  }

  /** The type of one value per pixel, from operands with one per window. */
  TensorType pixels(int height, int width, List<TensorType> operands) {
    Shape g = operands.getFirst().shape();
    Checks.require(
        g.rank() == 4 && g.dim(2) == rows.outputs(height) && g.dim(3) == columns.outputs(width),
        "%s of %s",
        this,
        operands);
    return TensorType.f32(g.dim(0), g.dim(1), height, width);
  }

  /** A pixel's share of one of the windows that it lies in. */
  interface Share {
    /**
     * @param index the window's place in operands [b, c, h', w']
     * @param inside whether there is such a window
     * @param tap the pixel's place in the window, row-major
     */
    Scalar of(List<Scalar> index, Optional<Scalar> inside, Scalar tap);
  }

  /** Sums for every pixel its share of each window that it lies in. */
  Algorithm spread(int height, int width, List<TensorType> operands, Share share) {
    Shape g = operands.getFirst().shape();
    List<Axis> space = Algorithm.axes(pixels(height, width, operands).shape().dims());
    Axis ky = new Axis(4, rows.kernel());
    Axis kx = new Axis(5, columns.kernel());
    Window.At y = rows.output(space.get(2), ky, g.dim(2));
    Window.At z = columns.output(space.get(3), kx, g.dim(3));
    Scalar tap = Scalar.of(ky).times(Scalar.i32(columns.kernel())).plus(Scalar.of(kx));
    Scalar value = share.of(index(space, y, z), Window.both(y, z), tap);
    return new Algorithm(space, List.of(ky, kx), Reducer.SUM, value);
  }

  private static List<Scalar> index(List<Axis> space, Window.At y, Window.At x) {
    return List.of(Scalar.of(space.get(0)), Scalar.of(space.get(1)), y.index(), x.index());
  }
}
