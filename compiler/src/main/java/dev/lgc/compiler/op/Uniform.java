package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Independent uniforms in [0, 1), F32. Equal keys, streams and element numbers give equal numbers.
 *
 * <p>The key is I32[4] for all elements, which are numbered row-major; or I32[n, 4], one for each
 * row of a {@code type} of n rows, whose elements are then numbered within their row, so that a
 * row's numbers do not depend on where it stands.
 *
 * @param stream the call site
 */
public record Uniform(int stream, TensorType type) implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        operands.equals(List.of(TensorType.i32(4)))
            || type.shape().rank() > 0
                && operands.equals(List.of(TensorType.i32(type.shape().dim(0), 4))),
        "uniform of %s",
        operands);
    Checks.require(type.dtype() == DType.F32, "uniform %s", type);
    return type;
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(type.shape().dims());
    int keyed = operands.getFirst().shape().rank() - 1; // leading axes with keys of their own
    List<Scalar> row = space.subList(0, keyed).stream().map(Scalar::of).toList();
    List<Scalar> key = IntStream.range(0, 4).<Scalar>mapToObj(i -> word(row, i)).toList();
    Scalar linear = Scalar.i32(0);
    for (Axis a : space.subList(keyed, space.size())) {
      linear = linear.times(Scalar.i32(a.extent())).plus(Scalar.of(a));
    }
    return Algorithm.map(space, new Scalar.Uniform(key, Scalar.i32(stream), linear));
  }

  private static Scalar word(List<Scalar> row, int number) {
    List<Scalar> index = new ArrayList<>(row);
    index.add(Scalar.i32(number));
    return new Scalar.Load(0, DType.I32, index);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(1);
  }
}
