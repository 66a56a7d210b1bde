package dev.lgc.compiler.op;

import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * {@code [size · n, …] → [n, …]}: of the sum of the operands of a group's ranks, the block of rows
 * that is numbered as the rank's place. F32 or BF16, to F32; added as {@link Collective} says.
 *
 * <p>Its gradient is an {@link AllGather}.
 */
public record ReduceScatter(RankGroup group) implements Collective {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        operands.size() == 1
            && Collective.isAddable(operands.getFirst().dtype())
            && operands.getFirst().shape().rank() > 0
            && operands.getFirst().shape().dim(0) % group.size() == 0,
        "%s of %s",
        this,
        operands);
    TensorType x = operands.getFirst();
    return x.withShape(x.shape().with(0, x.shape().dim(0) / group.size())).withDType(DType.F32);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.cast(t.add(new AllGather(group), g), t.type(x[0]).dtype())};
  }
}
