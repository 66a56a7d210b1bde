package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.op.Abs;
import dev.lgc.compiler.op.And;
import dev.lgc.compiler.op.ArgReduce;
import dev.lgc.compiler.op.KthLargest;
import dev.lgc.compiler.op.Nucleus;
import dev.lgc.compiler.op.Pick;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.op.Uniform;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * From logits to codes: guidance, temperature, top-k, top-p and a draw, each over rows [n, codes].
 */
public final class Sampling {
  /** The random stream of the draw; streams of an entry count from 0. */
  static final int STREAM = 0x73616D70;

  /** Stands in the place of a code where none can be drawn. */
  public static final int NOTHING = -1;

  private Sampling() {}

  /**
   * Classifier-free guidance (arXiv:2207.12598): {@code null + guidance (conditional - null)},
   * exactly the conditional logits where guidance is 1. A code that either side rules out by minus
   * infinity stays ruled out, where the difference would be NaN; beside NaN or infinity it does
   * not, so that these are still found.
   *
   * @param logits [2n, codes], conditional rows first
   */
  public static int guide(Terms t, int logits, int guidance) {
    Shape s = t.type(logits).shape();
    int n = s.dim(0) / 2;
    int conditional = t.slice(logits, 0, 0, n);
    int nothing = t.slice(logits, 0, n, 2 * n);
    Shape rows = t.type(nothing).shape();
    int away = t.mul(t.broadcast(guidance, rows), t.sub(conditional, nothing));
    int guided = t.where(ruledOut(t, conditional, nothing), lowest(t, rows), t.plus(nothing, away));
    int off = t.equal(guidance, t.fill(1, TensorType.f32()));
    return t.where(t.broadcast(off, rows), conditional, guided);
  }

  /** True for elements where one of two is minus infinity, and neither NaN nor infinity. */
  private static int ruledOut(Terms t, int a, int b) {
    TensorType type = t.type(a);
    int sound = t.less(t.maximum(a, b), t.fill(Double.POSITIVE_INFINITY, type));
    return t.add(new And(), sound, t.equal(t.minimum(a, b), lowest(t, type.shape())));
  }

  private static int lowest(Terms t, Shape shape) {
    return t.fill(Double.NEGATIVE_INFINITY, new TensorType(DType.F32, shape));
  }

  /** {@code logits / max(temperature, 1e-5)}. */
  public static int temper(Terms t, int logits, int temperature) {
    int floor = t.maximum(temperature, t.fill(1e-5, TensorType.f32()));
    return t.div(logits, t.broadcast(floor, t.type(logits).shape()));
  }

  /** Minus infinity below the k-th largest; k of 0 keeps all. */
  public static int topK(Terms t, int logits, int k) {
    TensorType scalar = TensorType.i32();
    int all = t.fill(t.type(logits).shape().dim(1), scalar);
    int count = t.where(t.less(t.fill(0, scalar), k), k, all);
    return keep(t, logits, t.add(new KthLargest(), logits, count));
  }

  /** Minus infinity outside the nucleus; p of 1 or more keeps all. */
  public static int topP(Terms t, int logits, int p) {
    Shape rows = Shape.of(t.type(logits).shape().dim(0));
    int threshold = t.add(new Nucleus(), logits, p);
    int all = t.fill(Double.NEGATIVE_INFINITY, TensorType.f32(rows.dim(0)));
    int some = t.broadcast(t.less(p, t.fill(1, TensorType.f32())), rows);
    return keep(t, logits, t.where(some, threshold, all));
  }

  private static int keep(Terms t, int logits, int threshold) {
    TensorType type = t.type(logits);
    int above = t.lessEqual(t.unreduce(threshold, List.of(1), type.shape()), logits);
    return t.where(above, logits, t.fill(Double.NEGATIVE_INFINITY, type));
  }

  /** Infinity where a logit is not a number, so that no later comparison passes it over. */
  public static int exposeNaN(Terms t, int logits) {
    int infinite = t.fill(Double.POSITIVE_INFINITY, t.type(logits));
    return t.where(t.less(logits, infinite), logits, infinite);
  }

  /**
   * A draw from the softmax of each row, by adding Gumbel noise; the most likely code where
   * temperature is 0; {@value #NOTHING} where a row has an infinite logit, or only minus infinity.
   *
   * @param logits [n, codes] without NaN, see {@link #exposeNaN}
   * @param key I32[n, 4], each row's own: what is drawn depends on nothing else than a row's key
   *     and logits
   */
  public static int draw(Terms t, int logits, int temperature, int key) {
    TensorType type = t.type(logits);
    int u = t.maximum(t.add(new Uniform(STREAM, type), key), t.fill(0x1p-25, type));
    int noisy = t.sub(logits, t.log(t.neg(t.log(u))));
    ArgReduce largest = new ArgReduce(Reducer.ARGMAX, 1);
    Shape rows = Shape.of(type.shape().dim(0));
    int warm = t.broadcast(t.less(t.fill(0, TensorType.f32()), temperature), rows);
    int drawn = t.where(warm, t.add(largest, noisy), t.add(largest, logits));
    int logit = t.add(new Pick(), logits, drawn);
    int finite = t.less(t.add(new Abs(), logit), t.fill(Double.POSITIVE_INFINITY, t.type(logit)));
    return t.where(finite, drawn, t.fill(NOTHING, t.type(drawn)));
  }
}
