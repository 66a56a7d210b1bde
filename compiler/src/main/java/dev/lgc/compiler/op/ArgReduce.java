package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Position (I32) of the first maximum or minimum along an axis, which is folded away; no gradient.
 */
public record ArgReduce(Reducer reducer, int axis) implements Reduction {
  public ArgReduce {
    Checks.require(
        reducer == Reducer.ARGMAX || reducer == Reducer.ARGMIN, "argreduce with %s", reducer);
  }

  @Override
  public String name() {
    return reducer.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape s = operands.getFirst().shape();
    Checks.require(0 <= axis && axis < s.rank(), "%s of %s", this, s);
    return new TensorType(DType.I32, s.without(axis));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    Shape s = operands.getFirst().shape();
    List<Axis> space = Algorithm.axes(s.without(axis).dims());
    Axis along = new Axis(space.size(), s.dim(axis));
    List<Scalar> index = new ArrayList<>(space.stream().map(Scalar::of).toList());
    index.add(axis, Scalar.of(along));
    Scalar load = new Scalar.Load(0, operands.getFirst().dtype(), index);
    return new Algorithm(space, List.of(along), reducer, load);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(1);
  }
}
