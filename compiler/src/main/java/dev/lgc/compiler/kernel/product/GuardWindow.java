package dev.lgc.compiler.kernel.product;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One condition of a guard: {@code 0 ≤ position < range}, or {@code position mod modulus = 0},
 * where position is affine in the axes. The padding of a convolution is two windows, one for the
 * rows of the image and one for its columns; the gradient of a strided one adds moduli.
 *
 * @param position affine, without a rest
 * @param range {@link #UNBOUNDED} when there is no upper bound, or the modulus is what matters
 * @param modulus 1 when the range is what matters
 */
public record GuardWindow(Affine position, int range, int modulus) {
  /** Larger than any position. */
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  public boolean isPlain() {
    return modulus == 1;
  }

  /** A guard as windows that must all hold, or nothing where it is of another form. */
  static Optional<List<GuardWindow>> of(Scalar guard) {
    List<GuardWindow> windows = new ArrayList<>();
    List<Affine> notNegative = new ArrayList<>();
    if (!collect(guard, false, notNegative, windows)) {
      return Optional.empty();
    }
    while (!notNegative.isEmpty()) {
      Affine low = notNegative.removeFirst();
      Affine best = null;
      for (Affine high : notNegative) {
        if (negated(low.strides()).equals(high.strides())
            && (best == null || high.constant() < best.constant())) {
          best = high;
        }
      }
      if (best == null) {
        windows.add(new GuardWindow(low, UNBOUNDED, 1));
      } else {
        notNegative.remove(best);
        long range = Math.max(0, Math.min(low.constant() + best.constant() + 1, UNBOUNDED));
        windows.add(new GuardWindow(low, (int) range, 1));
      }
    }
    return Optional.of(windows);
  }

  private static boolean collect(
      Scalar s, boolean negated, List<Affine> notNegative, List<GuardWindow> windows) {
    if (s instanceof Scalar.Literal l) {
      return (l.value() != 0) != negated;
    }
    if (!(s instanceof Scalar.Apply a)) {
      return false;
    }
    Scalar x = a.operands().getFirst();
    Scalar y = a.operands().getLast();
    return switch (a.function()) {
      case AND ->
          !negated
              && collect(x, false, notNegative, windows)
              && collect(y, false, notNegative, windows);
      case NOT -> collect(x, !negated, notNegative, windows);
      case LE -> inequality(negated ? x.minus(y).minus(ONE) : y.minus(x), notNegative);
      case LT -> inequality(negated ? x.minus(y) : y.minus(x).minus(ONE), notNegative);
      case EQ -> !negated && (divisible(x, y, windows) || divisible(y, x, windows));
      default -> false;
    };
  }

  private static final Scalar ONE = Scalar.i32(1);

  /** {@code s ≥ 0}, where s is affine or holds one floored quotient of something affine. */
  private static boolean inequality(Scalar s, List<Affine> notNegative) {
    Affine d = Affine.of(s);
    if (d.isPure()) {
      notNegative.add(d);
      return true;
    }
    if (d.rest().size() != 1 || !d.strides().isEmpty() || quotient(d.rest().getFirst()).isEmpty()) {
      return false;
    }
    Scalar.Apply division = quotient(d.rest().getFirst()).get();
    Scalar x = division.operands().getFirst();
    long k = divisor(division);
    long factor = d.rest().getFirst().factor();
    if (factor == 1) {
      // c + ⌊x / k⌋ ≥ 0  ⟺  x + c k ≥ 0
      return inequality(x.plus(Scalar.i32(d.constant() * k)), notNegative);
    }
    // c - ⌊x / k⌋ ≥ 0  ⟺  (c + 1) k - 1 - x ≥ 0
    return factor == -1 && inequality(Scalar.i32((d.constant() + 1) * k - 1).minus(x), notNegative);
  }

  private static boolean divisible(Scalar remainder, Scalar zero, List<GuardWindow> windows) {
    if (!(zero instanceof Scalar.Literal l)
        || l.value() != 0
        || !(remainder instanceof Scalar.Apply a)
        || a.function() != Function.MOD
        || !(a.operands().getLast() instanceof Scalar.Literal k)) {
      return false;
    }
    Affine position = Affine.of(a.operands().getFirst());
    return position.isPure() && windows.add(new GuardWindow(position, UNBOUNDED, (int) k.value()));
  }

  /** A part that is a floored quotient by a constant. */
  static Optional<Scalar.Apply> quotient(Affine.Part part) {
    return part.term() instanceof Scalar.Apply a
            && a.function() == Function.DIV
            && a.operands().getLast() instanceof Scalar.Literal
        ? Optional.of(a)
        : Optional.empty();
  }

  static int divisor(Scalar.Apply quotient) {
    return (int) ((Scalar.Literal) quotient.operands().getLast()).value();
  }

  private static Map<Axis, Long> negated(Map<Axis, Long> strides) {
    Map<Axis, Long> negated = new HashMap<>();
    strides.forEach((axis, stride) -> negated.put(axis, -stride));
    return negated;
  }
}
