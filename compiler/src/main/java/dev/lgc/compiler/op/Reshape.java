package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;

/** The same elements in row-major order under another shape. */
public record Reshape(Shape shape) implements Movement {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        operands.getFirst().shape().elements() == shape.elements(),
        "reshape of %s to %s",
        operands,
        shape);
    return operands.getFirst().withShape(shape);
  }

  /**
   * Dimensions are matched in the smallest groups of equal size, so that an index is an axis where
   * a dimension is kept and divisions stay within the dimensions that are really split or merged.
   */
  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Integer> from = operands.getFirst().shape().dims();
    List<Axis> space = Algorithm.axes(shape.dims());
    List<Scalar> index = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < from.size() || j < space.size()) {
      int i0 = i;
      int j0 = j;
      long m = i < from.size() ? from.get(i++) : 1;
      long n = j < space.size() ? space.get(j++).extent() : 1;
      while (m != n) {
        if (m < n) {
          m *= from.get(i++);
        } else {
          n *= space.get(j++).extent();
        }
      }
      split(merged(space.subList(j0, j)), from.subList(i0, i), index);
    }
    return Algorithm.map(space, new Scalar.Load(0, operands.getFirst().dtype(), index));
  }

  private static Scalar merged(List<Axis> axes) {
    Scalar linear = Scalar.i32(0);
    boolean zero = true;
    for (Axis a : axes) {
      if (a.extent() > 1) {
        linear = zero ? Scalar.of(a) : linear.times(Scalar.i32(a.extent())).plus(Scalar.of(a));
        zero = false;
      }
    }
    return linear;
  }

  private static void split(Scalar linear, List<Integer> dims, List<Scalar> index) {
    long inner = 1;
    for (int d : dims) {
      inner *= d;
    }
    boolean first = true;
    for (int d : dims) {
      inner /= d;
      if (d == 1) {
        index.add(Scalar.i32(0));
        continue;
      }
      Scalar x = inner == 1 ? linear : linear.over(Scalar.i32(inner));
      index.add(
          first ? x : Scalar.apply(dev.lgc.compiler.algorithm.Function.MOD, x, Scalar.i32(d)));
      first = false;
    }
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.reshape(g, t.type(x[0]).shape())};
  }
}
