package dev.lgc.compiler.emit.interp;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.Map;
import java.util.TreeMap;

/** An index that is a constant plus multiples of positions, by axis number. */
record AffineIndex(int constant, Map<Integer, Integer> factors) {
  static AffineIndex constant(int value) {
    return new AffineIndex(value, Map.of());
  }

  /** The expression in this form, null if it has none. */
  static AffineIndex of(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> constant((int) l.value());
      case Scalar.AxisIndex a -> new AffineIndex(0, Map.of(a.axis().number(), 1));
      case Scalar.Apply a -> apply(a);
      case Scalar.Load l -> null;
      case Scalar.Uniform u -> null;
      case Scalar.Local l -> null;
    };
  }

  private static AffineIndex apply(Scalar.Apply a) {
    if (a.function() != Function.ADD
        && a.function() != Function.SUB
        && a.function() != Function.MUL) {
      return null;
    }
    AffineIndex x = of(a.operands().get(0));
    AffineIndex y = of(a.operands().get(1));
    if (x == null || y == null) {
      return null;
    }
    return switch (a.function()) {
      case ADD -> x.plus(y);
      case SUB -> x.plus(y.times(-1));
      case MUL ->
          y.factors.isEmpty()
              ? x.times(y.constant)
              : x.factors.isEmpty() ? y.times(x.constant) : null;
      default -> null;
    };
  }

  AffineIndex plus(AffineIndex o) {
    Map<Integer, Integer> sum = new TreeMap<>(factors);
    o.factors.forEach((k, v) -> sum.merge(k, v, Integer::sum));
    return new AffineIndex(constant + o.constant, sum);
  }

  AffineIndex times(int factor) {
    Map<Integer, Integer> product = new TreeMap<>();
    factors.forEach((k, v) -> product.put(k, v * factor));
    return new AffineIndex(constant * factor, product);
  }

  IndexFunction code() {
    int[] axes = factors.keySet().stream().mapToInt(Integer::intValue).toArray();
    int[] by = factors.values().stream().mapToInt(Integer::intValue).toArray();
    return new IndexFunction(constant, axes, by);
  }
}
