package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The first operand with the elements from a start on (third operand, scalar I32) of one axis
 * replaced by the second. Where the first operand is a stored tensor that the graph updates with
 * the result (a cache), a target writes the new elements in place. An update reaching outside is a
 * fault.
 */
public record DynamicUpdate(int axis) implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape x = operands.get(0).shape();
    Shape u = operands.get(1).shape();
    Checks.require(
        operands.get(0).dtype() == operands.get(1).dtype()
            && operands.get(2).equals(TensorType.i32())
            && u.dim(axis) <= x.dim(axis)
            && u.with(axis, 1).equals(x.with(axis, 1)),
        "%s of %s",
        this,
        operands);
    return operands.get(0);
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    DType dtype = operands.get(0).dtype();
    int length = operands.get(1).shape().dim(axis);
    List<Axis> space = Algorithm.axes(operands.get(0).shape().dims());
    List<Scalar> at = space.stream().map(Scalar::of).toList();
    Scalar start = start(operands, new Scalar.Load(2, DType.I32, List.of()));
    Scalar place = at.get(axis);
    Scalar inside =
        length == 1
            ? Scalar.apply(Function.EQ, place, start)
            : Scalar.apply(
                Function.AND,
                Scalar.apply(Function.LE, start, place),
                Scalar.apply(Function.LT, place, start.plus(Scalar.i32(length))));
    List<Scalar> index = new ArrayList<>(at);
    index.set(axis, length == 1 ? Scalar.i32(0) : place.minus(start));
    Scalar update = new Scalar.Load(1, dtype, index, Optional.of(inside), 0);
    Scalar old = new Scalar.Load(0, dtype, at);
    return Algorithm.map(space, Scalar.apply(Function.SELECT, inside, update, old));
  }

  /** The start as an index: the update must end within the first operand. */
  public Scalar start(List<TensorType> operands, Scalar start) {
    int length = operands.get(1).shape().dim(axis);
    return start.checked(operands.get(0).shape().dim(axis) - length + 1);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    TensorType update = t.type(x[1]);
    return new int[] {
      t.add(this, g, t.fill(0, update), x[2]),
      t.add(new DynamicSlice(axis, update.shape().dim(axis)), g, x[2]),
      Terms.NONE
    };
  }
}
