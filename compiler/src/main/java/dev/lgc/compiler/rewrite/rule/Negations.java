package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Add;
import dev.lgc.compiler.op.Neg;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Sub;
import dev.lgc.compiler.op.Terms;

/** {@code -(-x) → x}, {@code x + -y → x - y}, {@code -x + y → y - x}, {@code x - -y → x + y}. */
record Negations() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    return switch (op) {
      case Neg n when t.op(x[0]) instanceof Neg -> t.operand(x[0], 0);
      case Add a when t.op(x[1]) instanceof Neg -> t.sub(x[0], t.operand(x[1], 0));
      case Add a when t.op(x[0]) instanceof Neg -> t.sub(x[1], t.operand(x[0], 0));
      case Sub s when t.op(x[1]) instanceof Neg -> t.plus(x[0], t.operand(x[1], 0));
      default -> Terms.NONE;
    };
  }
}
