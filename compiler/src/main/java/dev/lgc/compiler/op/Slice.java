package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The elements {@code start} (inclusive) to {@code stop} (exclusive) of one axis. */
public record Slice(int axis, int start, int stop) implements Movement {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape s = operands.getFirst().shape();
    Checks.require(
        axis >= 0 && axis < s.rank() && 0 <= start && start < stop && stop <= s.dim(axis),
        "%s of %s",
        this,
        s);
    return operands.getFirst().withShape(s.with(axis, stop - start));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    List<Scalar> index = new ArrayList<>(space.stream().map(Scalar::of).toList());
    if (start > 0) {
      index.set(axis, index.get(axis).plus(Scalar.i32(start)));
    }
    return Algorithm.map(space, new Scalar.Load(0, operands.getFirst().dtype(), index));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    Shape from = t.type(x[0]).shape();
    List<Integer> before = new ArrayList<>(Collections.nCopies(from.rank(), 0));
    List<Integer> after = new ArrayList<>(before);
    before.set(axis, start);
    after.set(axis, from.dim(axis) - stop);
    return new int[] {t.add(new Pad(before, after, 0), g)};
  }
}
