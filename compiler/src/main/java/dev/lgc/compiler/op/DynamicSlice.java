package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code length} elements of one axis from a start that a scalar I32 operand gives. A slice
 * reaching outside is a fault.
 */
public record DynamicSlice(int axis, int length) implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    TensorType x = operands.get(0);
    Checks.require(
        operands.get(1).equals(TensorType.i32()) && length <= x.shape().dim(axis),
        "%s of %s",
        this,
        operands);
    return x.withShape(x.shape().with(axis, length));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    List<Scalar> index = new ArrayList<>(space.stream().map(Scalar::of).toList());
    int starts = operands.get(0).shape().dim(axis) - length + 1;
    Scalar start = new Scalar.Load(1, DType.I32, List.of()).checked(starts);
    index.set(axis, length == 1 ? start : start.plus(index.get(axis)));
    return Algorithm.map(space, new Scalar.Load(0, operands.get(0).dtype(), index));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.add(new DynamicUpdate(axis), t.fill(0, t.type(x[0])), g, x[1]), Terms.NONE};
  }
}
