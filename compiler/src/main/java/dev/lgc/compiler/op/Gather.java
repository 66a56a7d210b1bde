package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of a table [n, rest…] by indices I32 [i…]: [i…, rest…]. An index outside the table is a
 * fault.
 */
public record Gather() implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    TensorType table = operands.get(0);
    Checks.require(
        operands.size() == 2 && table.shape().rank() > 0 && operands.get(1).dtype() == DType.I32,
        "gather of %s",
        operands);
    List<Integer> dims = new ArrayList<>(operands.get(1).shape().dims());
    dims.addAll(table.shape().dims().subList(1, table.shape().rank()));
    return table.withShape(new Shape(dims));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    int places = operands.get(1).shape().rank();
    List<Scalar> at = space.stream().map(Scalar::of).toList();
    List<Scalar> index = new ArrayList<>();
    int rows = operands.get(0).shape().dim(0);
    index.add(new Scalar.Load(1, DType.I32, at.subList(0, places)).checked(rows));
    index.addAll(at.subList(places, at.size()));
    return Algorithm.map(space, new Scalar.Load(0, operands.get(0).dtype(), index));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.add(new ScatterAdd(t.type(x[0]).shape().dim(0)), x[1], g), Terms.NONE};
  }
}
