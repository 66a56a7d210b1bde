package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * x[n, m] and a scalar I32 k to [n]: the k-th largest of each row, counting equal elements one by
 * one; k is first brought into 1 … the number of elements above minus infinity. So {@code x >=
 * threshold} keeps the k largest and all that tie with the last of them. Elements may be minus
 * infinity; of a row of nothing else the threshold is infinity.
 *
 * <p>Found by halving the interval between smallest and largest, then taking the smallest element
 * that is left. The first of {@value #ROUNDS} rounds asks whether the k-th lies within {@value
 * #NEAR} of the largest, so that codes ruled out by large finite numbers cost no precision among
 * the others. Exact whenever no other element lies within 2⁻³⁹ of the searched interval below the
 * k-th.
 *
 * <p>Several thresholds a round would need fewer rounds, but more comparisons in all: with fifteen,
 * 150 of each element in place of 40. Selecting digit by digit needs the bits of floats, which not
 * every target has.
 */
public record KthLargest() implements Composite {
  static final int ROUNDS = 40;

  /** The softmax of what lies further below the largest vanishes in F32. */
  static final int NEAR = 128;

  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        operands.get(0).shape().rank() == 2 && operands.get(1).equals(TensorType.i32()),
        "kthlargest of %s",
        operands);
    return TensorType.f32(operands.get(0).shape().dim(0));
  }

  /** Keeps {@code count(x >= low) >= k > count(x >= high)}. */
  @Override
  public int decompose(Terms t, int[] x) {
    Shape s = t.type(x[0]).shape();
    TensorType rows = TensorType.f32(s.dim(0));
    List<Integer> last = List.of(1);
    TensorType scalar = TensorType.i32();
    int bounded = t.minimum(t.maximum(x[1], t.fill(1, scalar)), t.fill(s.dim(1), scalar));
    int k = t.broadcast(t.cast(bounded, DType.F32), rows.shape());
    int infinite = t.fill(Double.POSITIVE_INFINITY, t.type(x[0]));
    int ruledOut = t.equal(x[0], t.fill(Double.NEGATIVE_INFINITY, t.type(x[0])));
    int low = t.reduce(Reducer.MIN, t.where(ruledOut, infinite, x[0]), last);
    int largest = t.reduce(Reducer.MAX, x[0], last);
    int high = t.shift(largest, 1);
    int one = t.fill(1, t.type(x[0]));
    int zero = t.fill(0, t.type(x[0]));
    for (int i = 0; i < ROUNDS; i++) {
      int middle =
          i == 0 ? t.maximum(low, t.shift(largest, -NEAR)) : t.scale(t.plus(low, high), 0.5);
      int above = t.lessEqual(t.unreduce(middle, last, s), x[0]);
      int enough = t.lessEqual(k, t.sum(t.where(above, one, zero), last));
      low = t.where(enough, middle, low);
      high = t.where(enough, high, middle);
    }
    int left = t.lessEqual(t.unreduce(low, last, s), x[0]);
    return t.reduce(Reducer.MIN, t.where(left, x[0], infinite), last);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return Op.none(2);
  }
}
