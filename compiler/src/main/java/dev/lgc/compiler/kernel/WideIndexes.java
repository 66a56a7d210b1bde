package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Positions that 32 bits do not hold. Targets add addresses up in 64 bits, but what is divided,
 * compared or converted on the way is I32: a linear index of more than 2^31 elements that is taken
 * apart again, as where {@code [50000, 50001]} is read as {@code [50001, 50000]}, would wrap.
 */
public final class WideIndexes {
  private final Set<Scalar> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  private final Map<Scalar, Boolean> bounded = new IdentityHashMap<>();

  private WideIndexes() {}

  /** The largest of the positions that a kernel computes and that I32 does not hold, if any. */
  public static Optional<Interval> of(Kernel kernel) {
    WideIndexes wide = new WideIndexes();
    for (Stage s : kernel.stages()) {
      Optional<Interval> found = wide.value(s.value());
      if (found.isEmpty() && s.target() instanceof Stage.Target.Store t) {
        found = wide.address(t.index());
      }
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Of an expression that is computed by itself. */
  private Optional<Interval> value(Scalar s) {
    if (!seen.add(s)) {
      return Optional.empty();
    }
    if (s instanceof Scalar.Apply a && a.dtype() == DType.I32 && isBounded(a)) {
      Interval positions = Interval.of(Affine.of(a));
      if (!positions.isI32()) {
        return Optional.of(positions);
      }
    }
    if (s instanceof Scalar.Load l) {
      Optional<Interval> found = address(l.index().getFirst());
      return found.isPresent() ? found : l.guard().flatMap(this::value);
    }
    for (Scalar c : s.children()) {
      Optional<Interval> found = value(c);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /**
   * Returns true if the places of elements alone make an expression: axes, and indices that are
   * checked. What is computed of other numbers in memory is the user's arithmetic, which wraps.
   */
  private boolean isBounded(Scalar s) {
    Boolean known = bounded.get(s);
    if (known == null) {
      known =
          switch (s) {
            case Scalar.Literal l -> true;
            case Scalar.AxisIndex a -> true;
            case Scalar.Load l -> false;
            case Scalar.Local l -> false;
            case Scalar.Uniform u -> false;
            case Scalar.Apply a ->
                switch (a.function()) {
                  case CHECK_INDEX -> true;
                  case SELECT -> isBounded(a.operands().get(1)) && isBounded(a.operands().get(2));
                  default ->
                      a.dtype() == DType.I32 && a.operands().stream().allMatch(this::isBounded);
                };
          };
      bounded.put(s, known);
    }
    return known;
  }

  /** Of an address: a sum in 64 bits, of terms that are computed by themselves. */
  private Optional<Interval> address(Scalar index) {
    for (Affine.Part p : Affine.of(index).rest()) {
      Optional<Interval> found = value(p.term());
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }
}
