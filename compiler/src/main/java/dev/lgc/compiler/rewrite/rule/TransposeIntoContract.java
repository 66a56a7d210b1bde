package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.op.Transpose;

/**
 * A contraction reads an operand in any order of its axes: {@code contract "ab,bc->ac"
 * (transpose(x), y) → contract "ba,bc->ac" (x, y)}, and so for the right operand.
 */
record TransposeIntoContract() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    if (!(op instanceof Contract c)) {
      return Terms.NONE;
    }
    if (t.op(x[0]) instanceof Transpose p) {
      String labels = before(c.left(), p);
      return t.contract(labels + "," + c.right() + "->" + c.result(), t.operand(x[0], 0), x[1]);
    }
    if (t.op(x[1]) instanceof Transpose p) {
      String labels = before(c.right(), p);
      return t.contract(c.left() + "," + labels + "->" + c.result(), x[0], t.operand(x[1], 0));
    }
    return Terms.NONE;
  }

  private static String before(String labels, Transpose p) {
    StringBuilder s = new StringBuilder();
    p.inverse().forEach(i -> s.append(labels.charAt(i)));
    return s.toString();
  }
}
