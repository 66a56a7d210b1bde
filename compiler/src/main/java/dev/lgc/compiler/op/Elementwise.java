package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One output element from the operands' elements at the same position: every operand has the
 * result's shape. An op gives only its {@link #value}; shape rule and algorithm follow.
 */
public non-sealed interface Elementwise extends Primitive {
  /** The number of operands. */
  int arity();

  /** The value at one position from the operands' values there; its dtype is the result's. */
  Scalar value(List<Scalar> operands);

  /** Refuses operand dtypes that do not fit; by default they must be equal. */
  default void check(List<DType> dtypes) {
    for (DType d : dtypes) {
      if (d != dtypes.getFirst()) {
        throw new IllegalArgumentException(name() + " of different dtypes " + dtypes);
      }
    }
  }

  @Override
  default TensorType infer(List<TensorType> operands) {
    if (operands.size() != arity()) {
      throw new IllegalArgumentException(name() + " has " + operands.size() + " operands");
    }
    Shape shape = operands.getFirst().shape();
    List<DType> dtypes = new ArrayList<>(operands.size());
    List<Scalar> loads = new ArrayList<>(operands.size());
    for (TensorType o : operands) {
      if (!o.shape().equals(shape)) {
        throw new IllegalArgumentException(name() + " of shapes " + operands);
      }
      loads.add(new Scalar.Load(loads.size(), o.dtype(), List.of()));
      dtypes.add(o.dtype());
    }
    check(dtypes);
    return new TensorType(value(loads).dtype(), shape);
  }

  @Override
  default Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(operands.getFirst().shape().dims());
    List<Scalar> index = space.stream().map(Scalar::of).toList();
    return Algorithm.map(
        space,
        value(
            IntStream.range(0, operands.size())
                .<Scalar>mapToObj(i -> new Scalar.Load(i, operands.get(i).dtype(), index))
                .toList()));
  }
}
