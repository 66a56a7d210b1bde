package dev.lgc.compiler.build;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Abs;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.NotEqual;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;

/**
 * Floored division of ints by whatever number, in terms of {@link dev.lgc.compiler.op.Div}, whose
 * divisors are positive. {@code x / 0} is 0, so that a quotient may be computed where nobody wants
 * it, in the branch of a choice that is not taken; so {@code x % 0 = x - x / 0 · 0} is x. Minus 2³¹
 * by -1 wraps, as all arithmetic of ints does.
 */
final class IntegerDivision {
  private IntegerDivision() {}

  /** {@code x / y}, both I32 of one shape. */
  static int floored(GraphBuilder b, int x, int y) {
    if (b.node(y).op() instanceof Fill f && f.value() > 0) {
      return b.div(x, y);
    }
    TensorType type = b.type(y);
    int zero = b.fill(0, type);
    int one = b.fill(1, type);
    int divisor = b.maximum(b.add(new Abs(), y), one);
    int down = b.div(x, divisor);
    int rest = b.sub(x, b.mul(down, divisor));
    // x / -y is minus the quotient rounded up.
    int up = b.plus(down, b.cast(b.add(new NotEqual(), rest, zero), DType.I32));
    int least = b.fill(Integer.MIN_VALUE, type);
    int negative = b.where(b.equal(y, least), byLeast(b, x), b.neg(up));
    int nonzero = b.where(b.less(y, zero), negative, down);
    return b.where(b.equal(y, zero), zero, nonzero);
  }

  /** By -2³¹, which has no magnitude: 1 of itself, -1 of a positive number, else 0. */
  private static int byLeast(GraphBuilder b, int x) {
    TensorType type = b.type(x);
    int itself = b.cast(b.equal(x, b.fill(Integer.MIN_VALUE, type)), DType.I32);
    return b.sub(itself, b.cast(b.less(b.fill(0, type), x), DType.I32));
  }
}
