package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.StopGradient;
import dev.lgc.compiler.op.Terms;

/** {@code stop_gradient(x) → x}: gradients are made. */
record DropStopGradient() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    return op instanceof StopGradient ? x[0] : Terms.NONE;
  }
}
