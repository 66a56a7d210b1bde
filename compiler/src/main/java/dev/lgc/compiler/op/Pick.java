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
 * x[…, n] and index I32 […] to […]: the element of the last axis at the index. An index outside is
 * a fault.
 */
public record Pick() implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape x = operands.get(0).shape();
    Checks.require(
        operands.get(1).dtype() == DType.I32
            && x.rank() > 0
            && x.without(-1).equals(operands.get(1).shape()),
        "pick of %s",
        operands);
    return operands.get(0).withShape(x.without(-1));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    List<Scalar> index = new ArrayList<>(space.stream().map(Scalar::of).toList());
    int extent = operands.get(0).shape().dim(-1);
    index.add(new Scalar.Load(1, DType.I32, List.copyOf(index)).checked(extent));
    return Algorithm.map(space, new Scalar.Load(0, operands.get(0).dtype(), index));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    TensorType type = t.type(x[0]);
    Shape s = type.shape();
    List<Integer> last = List.of(s.rank() - 1);
    int here = t.equal(t.iota(s.rank() - 1, s), t.unreduce(x[1], last, s));
    return new int[] {t.where(here, t.unreduce(g, last, s), t.fill(0, type)), Terms.NONE};
  }
}
