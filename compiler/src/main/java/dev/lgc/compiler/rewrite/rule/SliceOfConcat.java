package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Concat;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Slice;
import dev.lgc.compiler.op.Terms;

/**
 * A slice that lies within one part of a concatenation along the same axis: {@code concat(a[4],
 * b[4])[5:7] → b[1:3]}.
 */
record SliceOfConcat() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    if (!(op instanceof Slice s && t.op(x[0]) instanceof Concat c && c.axis() == s.axis())) {
      return Terms.NONE;
    }
    int start = 0;
    for (int part : t.node(x[0]).operands()) {
      int stop = start + t.type(part).shape().dim(s.axis());
      if (start <= s.start() && s.stop() <= stop) {
        return t.slice(part, s.axis(), s.start() - start, s.stop() - start);
      }
      start = stop;
    }
    return Terms.NONE;
  }
}
