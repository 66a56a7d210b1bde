package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Op;

/** One simplification. Rules only make a graph smaller or cheaper, so that applying them ends. */
interface Rule {
  /**
   * A value equal to {@code op} of the operands, {@link dev.lgc.compiler.op.Terms#NONE} where the
   * rule does not apply.
   *
   * @param t knows the operands' nodes, and simplifies what is added
   */
  int apply(Simplifier t, Op op, int[] x);
}
