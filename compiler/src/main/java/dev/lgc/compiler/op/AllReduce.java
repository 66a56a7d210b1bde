package dev.lgc.compiler.op;

import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * The sum of the operands of a group's ranks, on every rank. F32, of any shape; added as {@link
 * Collective} says, so it has the bits of an {@link AllGather} of a {@link ReduceScatter}.
 *
 * <p>Its gradient is an AllReduce.
 */
public record AllReduce(RankGroup group) implements Collective {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        operands.size() == 1 && operands.getFirst().dtype() == DType.F32,
        "%s of %s",
        this,
        operands);
    return operands.getFirst();
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.add(this, g)};
  }
}
