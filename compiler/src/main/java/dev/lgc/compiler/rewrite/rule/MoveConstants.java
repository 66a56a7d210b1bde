package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.op.Concat;
import dev.lgc.compiler.op.DynamicSlice;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Movement;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Pad;
import dev.lgc.compiler.op.Reduce;
import dev.lgc.compiler.op.Terms;
import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;

/**
 * A movement or a reduction of a constant: {@code transpose(c) → c}, {@code pad(c, c) → c}, {@code
 * concat(c, c) → c}, {@code max(c) → c}, each in the new shape; {@code sum(c) → n · c}, where n
 * elements are added up.
 */
record MoveConstants() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    boolean moves = op instanceof Movement || op instanceof DynamicSlice || op instanceof Reduce;
    if (!moves || !(t.op(x[0]) instanceof Fill f)) {
      return Terms.NONE;
    }
    if (op instanceof Pad p && p.value() != f.value()) {
      return Terms.NONE;
    }
    if (op instanceof Concat && !Arrays.stream(x).allMatch(v -> t.is(v, f.value()))) {
      return Terms.NONE;
    }
    TensorType type = op.infer(Arrays.stream(x).mapToObj(t::type).toList());
    double value = f.value();
    if (op instanceof Reduce r && r.reducer() == Reducer.SUM) {
      value *= (double) f.type().shape().elements() / type.shape().elements();
    }
    return t.fill(value, type);
  }
}
