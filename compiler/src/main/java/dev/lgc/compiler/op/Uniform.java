package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Independent uniforms in [0, 1), F32, from a key I32[4]; element numbers are row-major. Equal keys
 * and streams give equal numbers.
 *
 * @param stream the call site
 */
public record Uniform(int stream, TensorType type) implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(operands.equals(List.of(TensorType.i32(4))), "uniform of %s", operands);
    Checks.require(type.dtype() == DType.F32, "uniform %s", type);
    return type;
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(type.shape().dims());
    List<Scalar> key =
        IntStream.range(0, 4)
            .<Scalar>mapToObj(i -> new Scalar.Load(0, DType.I32, List.of(Scalar.i32(i))))
            .toList();
    Scalar linear = Scalar.i32(0);
    for (Axis a : space) {
      linear = linear.times(Scalar.i32(a.extent())).plus(Scalar.of(a));
    }
    return Algorithm.map(space, new Scalar.Uniform(key, Scalar.i32(stream), linear));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(1);
  }
}
