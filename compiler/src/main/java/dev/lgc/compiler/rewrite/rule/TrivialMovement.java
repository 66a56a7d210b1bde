package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Broadcast;
import dev.lgc.compiler.op.Cast;
import dev.lgc.compiler.op.Concat;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Pad;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.Slice;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.op.Transpose;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import java.util.List;

/**
 * A movement or cast that changes nothing: {@code reshape(x) → x}, {@code broadcast(x) → x} and
 * {@code cast(x) → x} to the shape or dtype that x has; {@code x[0:n] → x} of n elements, {@code
 * pad(x, 0, 0) → x}, {@code concat(x) → x}, {@code cast bf16 (cast f32 (x)) → x} for a bf16 x.
 * Where only axes of size 1 move or appear: {@code transpose(x) → reshape(x)}, {@code broadcast(x)
 * → reshape(x)}.
 */
record TrivialMovement() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    return switch (op) {
      case Reshape r when r.shape().equals(t.type(x[0]).shape()) -> x[0];
      case Broadcast c when c.shape().equals(t.type(x[0]).shape()) -> x[0];
      case Broadcast c when c.shape().elements() == t.type(x[0]).shape().elements() ->
          t.reshape(x[0], c.shape());
      case Transpose p when inOrder(p.permutation(), t.type(x[0]).shape()) ->
          t.reshape(x[0], p.infer(List.of(t.type(x[0]))).shape());
      case Slice s when s.start() == 0 && s.stop() == t.type(x[0]).shape().dim(s.axis()) -> x[0];
      case Pad p
          when p.before().stream().allMatch(n -> n == 0)
              && p.after().stream().allMatch(n -> n == 0) ->
          x[0];
      case Concat c when c.parts() == 1 -> x[0];
      case Cast c when c.dtype() == t.type(x[0]).dtype() -> x[0];
      case Cast c
          when t.op(x[0]) instanceof Cast(DType between)
              && c.dtype() == t.type(t.operand(x[0], 0)).dtype()
              && widens(c.dtype(), between) ->
          t.operand(x[0], 0);
      default -> Terms.NONE;
    };
  }

  /** Returns true if a cast loses nothing. */
  private static boolean widens(DType from, DType to) {
    return to.isFloat() && to.bytes() > from.bytes();
  }

  /** Returns true if the axes that matter keep their order. */
  private static boolean inOrder(List<Integer> permutation, Shape s) {
    int last = -1;
    for (int p : permutation) {
      if (s.dim(p) > 1) {
        if (p < last) {
          return false;
        }
        last = p;
      }
    }
    return true;
  }
}
