package dev.lgc.compiler.op;

import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * The sum of the operands of a group's ranks, on every rank. F32 or BF16, of any shape, to F32;
 * added as {@link Collective} says, so it has the bits of an {@link AllGather} of a {@link
 * ReduceScatter}.
 *
 * <p>Its gradient is an AllReduce.
 */
public record AllReduce(RankGroup group) implements Collective {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        operands.size() == 1 && Collective.isAddable(operands.getFirst().dtype()),
        "%s of %s",
        this,
        operands);
    return operands.getFirst().withDType(DType.F32);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.cast(t.add(this, g), t.type(x[0]).dtype())};
  }
}
