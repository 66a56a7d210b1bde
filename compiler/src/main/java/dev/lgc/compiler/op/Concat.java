package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code parts} operands one after the other along an axis. */
public record Concat(int axis, int parts) implements Movement {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(operands.size() == parts && parts > 0, "%s of %s", this, operands);
    TensorType first = operands.getFirst();
    int extent = 0;
    for (TensorType o : operands) {
      Checks.require(
          o.dtype() == first.dtype() && o.shape().with(axis, 1).equals(first.shape().with(axis, 1)),
          "%s of %s",
          this,
          operands);
      extent += o.shape().dim(axis);
    }
    return first.withShape(first.shape().with(axis, extent));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    Scalar at = Scalar.of(space.get(axis));
    int end = space.get(axis).extent();
    Scalar value = null;
    for (int p = parts - 1; p >= 0; p--) {
      int start = end - operands.get(p).shape().dim(axis);
      List<Scalar> index = new ArrayList<>(space.stream().map(Scalar::of).toList());
      if (start > 0) {
        index.set(axis, at.minus(Scalar.i32(start)));
      }
      Scalar below = Scalar.apply(Function.LT, at, Scalar.i32(end));
      Optional<Scalar> guard = Optional.empty();
      if (start > 0) {
        guard = Optional.of(Scalar.apply(Function.LE, Scalar.i32(start), at));
      }
      if (p < parts - 1) {
        guard = Pad.and(guard, below);
      }
      Scalar load = new Scalar.Load(p, operands.get(p).dtype(), index, guard, 0);
      value = value == null ? load : Scalar.apply(Function.SELECT, below, load, value);
      end = start;
    }
    return Algorithm.map(space, value);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    int[] gradients = new int[parts];
    int start = 0;
    for (int p = 0; p < parts; p++) {
      int stop = start + t.type(x[p]).shape().dim(axis);
      gradients[p] = t.slice(g, axis, start, stop);
      start = stop;
    }
    return gradients;
  }
}
