package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Indices I32 [i…] and updates [i…, rest…] to [rows, rest…]: each row is the sum of the updates
 * whose index names it, added in row-major order of {@code i…}, starting from 0. So the result does
 * not depend on how the work is divided: a target divides rows or columns among threads, never
 * updates. Updates with an index outside are left out. It is the product of the one-hot matrix of
 * the indices with the updates, hence its family; targets walk the updates instead.
 */
public record ScatterAdd(int rows) implements Contraction {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape indices = operands.get(0).shape();
    Shape updates = operands.get(1).shape();
    Checks.require(
        operands.get(0).dtype() == DType.I32
            && updates.rank() >= indices.rank()
            && updates.dims().subList(0, indices.rank()).equals(indices.dims()),
        "scatter of %s",
        operands);
    List<Integer> dims = new ArrayList<>(List.of(rows));
    dims.addAll(updates.dims().subList(indices.rank(), updates.rank()));
    return operands.get(1).withShape(new Shape(dims));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    List<Axis> reduction = new ArrayList<>();
    for (int d : operands.get(0).shape().dims()) {
      reduction.add(new Axis(space.size() + reduction.size(), d));
    }
    DType dtype = operands.get(1).dtype();
    List<Scalar> place = reduction.stream().map(Scalar::of).toList();
    List<Scalar> index = new ArrayList<>(place);
    space.subList(1, space.size()).forEach(a -> index.add(Scalar.of(a)));
    Scalar hit =
        Scalar.apply(
            Function.EQ, new Scalar.Load(0, DType.I32, place), Scalar.of(space.getFirst()));
    Scalar update = new Scalar.Load(1, dtype, index);
    Scalar value = Scalar.apply(Function.SELECT, hit, update, new Scalar.Literal(dtype, 0));
    return new Algorithm(space, reduction, reduction.isEmpty() ? Reducer.NONE : Reducer.SUM, value);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {Terms.NONE, t.add(new Gather(), g, x[0])};
  }
}
