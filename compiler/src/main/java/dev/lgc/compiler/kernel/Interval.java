package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.Map;

/**
 * The least and the largest value that an integer expression may have, computed without wrapping.
 */
public record Interval(long low, long high) {
  /** The values that a loaded number may have. */
  private static final Interval ANY = new Interval(Integer.MIN_VALUE, Integer.MAX_VALUE);

  /** The interval of an index, of which every axis runs over its extent. */
  public static Interval of(Affine index) {
    Interval sum = new Interval(index.constant(), index.constant());
    for (Map.Entry<Axis, Long> e : index.strides().entrySet()) {
      sum = sum.plus(new Interval(0, e.getKey().extent() - 1L).times(e.getValue()));
    }
    for (Affine.Part p : index.rest()) {
      sum = sum.plus(of(p.term()).times(p.factor()));
    }
    return sum;
  }

  private static Interval of(Scalar term) {
    if (!(term instanceof Scalar.Apply a) || a.dtype() != DType.I32) {
      return ANY;
    }
    switch (a.function()) {
      case MIN -> {
        Interval x = operand(a, 0);
        Interval y = operand(a, 1);
        return new Interval(Math.min(x.low, y.low), Math.min(x.high, y.high));
      }
      case MAX -> {
        Interval x = operand(a, 0);
        Interval y = operand(a, 1);
        return new Interval(Math.max(x.low, y.low), Math.max(x.high, y.high));
      }
      case SELECT -> {
        Interval x = operand(a, 1);
        Interval y = operand(a, 2);
        return new Interval(Math.min(x.low, y.low), Math.max(x.high, y.high));
      }
      default -> {} // below
    }
    boolean divides =
        a.operands().size() == 2
            && a.operands().get(1) instanceof Scalar.Literal k
            && k.value() > 0;
    if (a.function() == Function.CHECK_INDEX || a.function() == Function.MOD && divides) {
      return new Interval(0, (long) ((Scalar.Literal) a.operands().get(1)).value() - 1);
    }
    if (a.function() == Function.DIV && divides) {
      long by = (long) ((Scalar.Literal) a.operands().get(1)).value();
      Interval x = operand(a, 0);
      return new Interval(Math.floorDiv(x.low, by), Math.floorDiv(x.high, by));
    }
    return ANY;
  }

  private static Interval operand(Scalar.Apply a, int number) {
    return of(Affine.of(a.operands().get(number)));
  }

  /** Returns true if all of it is from 0 to below a number. */
  public boolean isWithin(long beyond) {
    return low >= 0 && high < beyond;
  }

  /** Returns true if 32 bits hold all of it. */
  public boolean isI32() {
    return low >= Integer.MIN_VALUE && high <= Integer.MAX_VALUE;
  }

  private Interval plus(Interval o) {
    return new Interval(Saturated.sum(low, o.low), Saturated.sum(high, o.high));
  }

  private Interval times(long factor) {
    return factor >= 0
        ? new Interval(Saturated.product(low, factor), Saturated.product(high, factor))
        : new Interval(Saturated.product(high, factor), Saturated.product(low, factor));
  }

  /** Sums and products that end at the largest numbers, and do not wrap. */
  private static final class Saturated {
    static long sum(long x, long y) {
      long sum = x + y;
      boolean wraps = ((x ^ sum) & (y ^ sum)) < 0;
      return wraps ? end(x < 0) : sum;
    }

    static long product(long x, long y) {
      long high = Math.multiplyHigh(x, y);
      long low = x * y;
      boolean wraps = high != low >> 63;
      return wraps ? end(x < 0 != y < 0) : low;
    }

    private static long end(boolean negative) {
      return negative ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }
}
