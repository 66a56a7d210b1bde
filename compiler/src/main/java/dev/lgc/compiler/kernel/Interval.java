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
  /** What a loaded number may be. */
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
    boolean divides =
        a.operands().size() == 2
            && a.operands().get(1) instanceof Scalar.Literal k
            && k.value() > 0;
    if (a.function() == Function.CHECK_INDEX || a.function() == Function.MOD && divides) {
      return new Interval(0, (long) ((Scalar.Literal) a.operands().get(1)).value() - 1);
    }
    if (a.function() == Function.DIV && divides) {
      long by = (long) ((Scalar.Literal) a.operands().get(1)).value();
      Interval x = of(Affine.of(a.operands().getFirst()));
      return new Interval(Math.floorDiv(x.low, by), Math.floorDiv(x.high, by));
    }
    return ANY;
  }

  /** Whether all of it is from 0 to below a number. */
  public boolean isWithin(long beyond) {
    return low >= 0 && high < beyond;
  }

  /** Whether 32 bits hold all of it. */
  public boolean isI32() {
    return low >= Integer.MIN_VALUE && high <= Integer.MAX_VALUE;
  }

  private Interval plus(Interval o) {
    return new Interval(low + o.low, high + o.high);
  }

  private Interval times(long factor) {
    return factor >= 0
        ? new Interval(low * factor, high * factor)
        : new Interval(high * factor, low * factor);
  }
}
