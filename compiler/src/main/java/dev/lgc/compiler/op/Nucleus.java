package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * Top-p (arXiv:1904.09751): logits x[n, m] and a scalar p to [n]: the smallest logit whose strictly
 * larger ones have together at most probability p. So {@code x >= threshold} keeps the most
 * probable elements up to and including the first that takes the sum past p, and what ties with it.
 * Logits may be minus infinity.
 *
 * <p>Found by {@value #ROUNDS} halvings of the interval from 104 below the largest logit (where
 * probabilities vanish in F32) to the largest, then taking the smallest element that is left.
 */
public record Nucleus() implements Composite {
  static final int ROUNDS = 40;

  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        operands.get(0).shape().rank() == 2 && operands.get(1).equals(TensorType.f32()),
        "nucleus of %s",
        operands);
    return TensorType.f32(operands.get(0).shape().dim(0));
  }

  /** Keeps {@code mass(x > low) > p >= mass(x > high)}, unless everything fits into p. */
  @Override
  public int decompose(Terms t, int[] x) {
    TensorType type = t.type(x[0]);
    Shape s = type.shape();
    List<Integer> last = List.of(1);
    int p = t.broadcast(x[1], Shape.of(s.dim(0)));
    int mass = new Softmax(1).decompose(t, new int[] {x[0]});
    int high = t.reduce(Reducer.MAX, x[0], last);
    int low = t.shift(high, -104);
    int zero = t.fill(0, type);
    for (int i = 0; i < ROUNDS; i++) {
      int middle = t.scale(t.plus(low, high), 0.5);
      int above = t.less(t.unreduce(middle, last, s), x[0]);
      int fits = t.lessEqual(t.sum(t.where(above, mass, zero), last), p);
      high = t.where(fits, middle, high);
      low = t.where(fits, low, middle);
    }
    int left = t.less(t.unreduce(low, last, s), x[0]);
    int infinite = t.fill(Double.POSITIVE_INFINITY, type);
    return t.reduce(Reducer.MIN, t.where(left, x[0], infinite), last);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(2);
  }
}
