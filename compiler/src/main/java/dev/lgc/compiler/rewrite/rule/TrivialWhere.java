package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.op.Where;

/** {@code where(true, a, b) → a}, {@code where(false, a, b) → b}, {@code where(c, a, a) → a}. */
record TrivialWhere() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    if (!(op instanceof Where)) {
      return Terms.NONE;
    }
    return x[1] == x[2] || t.is(x[0], 1) ? x[1] : t.is(x[0], 0) ? x[2] : Terms.NONE;
  }
}
