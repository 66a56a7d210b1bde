package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Repeats along size-1 and missing leading dimensions to {@code shape}; dimensions are aligned at
 * the end.
 */
public record Broadcast(Shape shape) implements Movement {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape from = operands.getFirst().shape();
    int lead = shape.rank() - from.rank();
    Checks.require(lead >= 0, "broadcast of %s to %s", from, shape);
    for (int i = 0; i < from.rank(); i++) {
      Checks.require(
          from.dim(i) == 1 || from.dim(i) == shape.dim(lead + i),
          "broadcast of %s to %s",
          from,
          shape);
    }
    return operands.getFirst().withShape(shape);
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    Shape from = operands.getFirst().shape();
    List<Axis> space = Algorithm.axes(shape.dims());
    int lead = shape.rank() - from.rank();
    List<Scalar> index =
        IntStream.range(0, from.rank())
            .mapToObj(i -> from.dim(i) == 1 ? Scalar.i32(0) : Scalar.of(space.get(lead + i)))
            .toList();
    return Algorithm.map(space, new Scalar.Load(0, operands.getFirst().dtype(), index));
  }

  /** The result's axes along which {@code from} is repeated. */
  public List<Integer> repeated(Shape from) {
    int lead = shape.rank() - from.rank();
    return IntStream.range(0, shape.rank())
        .filter(i -> i < lead || from.dim(i - lead) != shape.dim(i))
        .boxed()
        .toList();
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    Shape from = t.type(x[0]).shape();
    return new int[] {t.reshape(t.sum(g, repeated(from)), from)};
  }
}
