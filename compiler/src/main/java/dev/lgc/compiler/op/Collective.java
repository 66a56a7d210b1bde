package dev.lgc.compiler.op;

import dev.lgc.dsl.type.DType;

/**
 * An op over the ranks of a run. All ranks compute the same graph, each with inputs and stored
 * tensors of its own; what a collective results in on one rank depends on the operands of all ranks
 * of its group. It has no {@link dev.lgc.compiler.algorithm.Algorithm}, whose operands are one
 * rank's, so it is part of no kernel: operand and result are dense tensors in memory.
 *
 * <p><b>Sums</b> are of F32, element by element, in one balanced binary tree over neighbours by
 * their places in the group: {@code ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))}. Every addition
 * rounds to F32, to nearest. A sum with a NaN, or with infinities of both signs, is NaN. All ranks
 * of the group get the same bits, but for those of a NaN; they depend on the size of the group and
 * its operands alone. Operands may be BF16, each of which is an F32 as it is; the sum is F32 all
 * the same. They are half as many bytes between ranks.
 *
 * <p>The gradient is that of the sum of all ranks' results; so the gradient of a loss is that of
 * the sum of the losses of all ranks.
 */
public sealed interface Collective extends Op permits AllGather, AllReduce, ReduceScatter {
  /** The ranks that the collective is over. */
  RankGroup group();

  /** True for the types of which there are sums. */
  static boolean isAddable(DType type) {
    return type == DType.F32 || type == DType.BF16;
  }
}
