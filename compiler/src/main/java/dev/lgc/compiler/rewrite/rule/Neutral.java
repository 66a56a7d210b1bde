package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Add;
import dev.lgc.compiler.op.And;
import dev.lgc.compiler.op.Div;
import dev.lgc.compiler.op.Mul;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Or;
import dev.lgc.compiler.op.Sub;
import dev.lgc.compiler.op.Terms;

/**
 * {@code x + 0, x - 0, x * 1, x / 1, x and true, x or false → x}, either way round where the op is
 * commutative.
 */
record Neutral() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    return switch (op) {
      case Add a -> t.is(x[1], 0) ? x[0] : t.is(x[0], 0) ? x[1] : Terms.NONE;
      case Sub s -> t.is(x[1], 0) ? x[0] : Terms.NONE;
      case Mul m -> t.is(x[1], 1) ? x[0] : t.is(x[0], 1) ? x[1] : Terms.NONE;
      case Div d -> t.is(x[1], 1) ? x[0] : Terms.NONE;
      case And a -> t.is(x[1], 1) ? x[0] : t.is(x[0], 1) ? x[1] : Terms.NONE;
      case Or o -> t.is(x[1], 0) ? x[0] : t.is(x[0], 0) ? x[1] : Terms.NONE;
      default -> Terms.NONE;
    };
  }
}
