package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Broadcast;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.Slice;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.op.Transpose;

/**
 * Two movements of one kind: {@code reshape(reshape(x)) → reshape(x)}, {@code
 * transpose(transpose(x)) → transpose(x)}, {@code broadcast(broadcast(x)) → broadcast(x)}, {@code
 * x[2:8][1:3] → x[3:5]} along one axis.
 */
record MergeMovements() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    return switch (op) {
      case Reshape r when t.op(x[0]) instanceof Reshape -> t.reshape(t.operand(x[0], 0), r.shape());
      case Broadcast c when t.op(x[0]) instanceof Broadcast ->
          t.broadcast(t.operand(x[0], 0), c.shape());
      case Transpose p when t.op(x[0]) instanceof Transpose q ->
          t.add(
              new Transpose(p.permutation().stream().map(q.permutation()::get).toList()),
              t.operand(x[0], 0));
      case Slice s when t.op(x[0]) instanceof Slice q && q.axis() == s.axis() ->
          t.slice(t.operand(x[0], 0), s.axis(), q.start() + s.start(), q.start() + s.stop());
      default -> Terms.NONE;
    };
  }
}
