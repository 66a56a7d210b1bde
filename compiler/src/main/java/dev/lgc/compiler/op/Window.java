package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.Optional;

/**
 * The movement of a sliding window over one axis: output {@code o} and tap {@code k} meet input
 * {@code stride * o + k - before}.
 *
 * @param kernel taps
 * @param stride between outputs
 * @param before padding in front
 * @param after padding behind
 */
public record Window(int kernel, int stride, int before, int after) {
  public Window {
    Checks.require(
        kernel > 0 && stride > 0 && before >= 0 && after >= 0, "window of kernel %s", kernel);
  }

  /** Outputs for an input extent. */
  public int outputs(int input) {
    int n = Math.floorDiv(input + before + after - kernel, stride) + 1;
    Checks.require(n > 0, "%s over %s elements", this, input);
    return n;
  }

  /** An index that may lie outside, and the condition under which it does not. */
  record At(Scalar index, Optional<Scalar> inside) {}

  /** The input that output {@code o} and tap {@code k} meet. */
  At input(Axis o, Axis k, int extent) {
    Scalar x = Scalar.of(o);
    if (stride > 1) {
      x = x.times(Scalar.i32(stride));
    }
    if (kernel > 1) {
      x = x.plus(Scalar.of(k));
    }
    if (before > 0) {
      x = x.minus(Scalar.i32(before));
    }
    boolean beyond = (o.extent() - 1) * stride + kernel - 1 - before >= extent;
    return new At(x, inside(Optional.empty(), x, before > 0, beyond, extent));
  }

  /** The output that meets input {@code i} at tap {@code k}, if any. */
  At output(Axis i, Axis k, int outputs) {
    Scalar x = Scalar.of(i);
    if (before > 0) {
      x = x.plus(Scalar.i32(before));
    }
    if (kernel > 1) {
      x = x.minus(Scalar.of(k));
    }
    Optional<Scalar> inside = Optional.empty();
    Scalar o = x;
    if (stride > 1) {
      Scalar rest = Scalar.apply(Function.MOD, x, Scalar.i32(stride));
      inside = Optional.of(Scalar.apply(Function.EQ, rest, Scalar.i32(0)));
      o = x.over(Scalar.i32(stride));
    }
    boolean beyond = Math.floorDiv(i.extent() - 1 + before, stride) >= outputs;
    return new At(o, inside(inside, o, before < kernel - 1, beyond, outputs));
  }

  /**
   * A condition, if there is one, and that an index is neither below 0 nor at the extent or beyond.
   *
   * @param below whether it may be below 0
   * @param beyond whether it may be beyond
   */
  static Optional<Scalar> inside(
      Optional<Scalar> condition, Scalar x, boolean below, boolean beyond, int extent) {
    Optional<Scalar> inside = condition;
    if (below) {
      inside = Pad.and(inside, Scalar.apply(Function.LE, Scalar.i32(0), x));
    }
    if (beyond) {
      inside = Pad.and(inside, Scalar.apply(Function.LT, x, Scalar.i32(extent)));
    }
    return inside;
  }

  /** Both indices inside. */
  static Optional<Scalar> both(At y, At x) {
    return y.inside().isEmpty()
        ? x.inside()
        : x.inside().isEmpty() ? y.inside() : Pad.and(y.inside(), x.inside().get());
  }
}
