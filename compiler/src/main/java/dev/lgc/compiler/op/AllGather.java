package dev.lgc.compiler.op;

import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * {@code [n, …] → [size · n, …]}: the operands of a group's ranks, one after the other by their
 * places, on every rank. Of any type; bits are copied as they are.
 *
 * <p>Its gradient is a {@link ReduceScatter}, in F32 whatever the type.
 */
public record AllGather(RankGroup group) implements Collective {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        operands.size() == 1 && operands.getFirst().shape().rank() > 0, "%s of %s", this, operands);
    TensorType x = operands.getFirst();
    int rows = Math.multiplyExact(x.shape().dim(0), group.size());
    return x.withShape(x.shape().with(0, rows));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    int sum = t.add(new ReduceScatter(group), t.cast(g, DType.F32));
    return new int[] {t.cast(sum, t.type(x[0]).dtype())};
  }
}
