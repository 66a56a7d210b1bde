package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Function;
import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * The differences of a value between the lanes of a vector, where they are the same for every
 * vector: lane l has the first lane's value and {@code offsets[l]} more. Of the first lane's value
 * its residue is known: vectors begin at multiples of their width, so that what repeats within a
 * vector is told apart from what counts vectors. Truth values are 0 and 1. Immutable.
 *
 * <p>With 4 lanes along a, {@code a + 2 - 2 (a mod 2)} is 2, 1, 4, 3 and then 6, 5, 8, 7: the first
 * lane's is 2 modulo 4, and the offsets are 0, -1, 2, 1.
 */
final class LanePattern {
  /** Of the first lane's value; 0 if that value is the residue itself. */
  private final long modulus;

  private final long residue;
  private final long[] offsets;

  private LanePattern(long modulus, long residue, long[] offsets) {
    this.modulus = modulus;
    this.residue = modulus == 0 ? residue : Math.floorMod(residue, modulus);
    this.offsets = offsets;
  }

  /** The same value in all lanes, whatever it is. */
  static LanePattern uniform(int width) {
    return new LanePattern(1, 0, new long[width]);
  }

  static LanePattern literal(long value, int width) {
    return new LanePattern(0, value, new long[width]);
  }

  /**
   * The positions on the lane axis.
   *
   * @param single whether the axis has no more than one vector, so that it begins at 0
   */
  static LanePattern positions(int width, boolean single) {
    long[] offsets = new long[width];
    Arrays.setAll(offsets, l -> l);
    return new LanePattern(single ? 0 : width, 0, offsets);
  }

  int width() {
    return offsets.length;
  }

  long offset(int lane) {
    return offsets[lane];
  }

  long residue() {
    return residue;
  }

  /** Returns true if the first lane's value is known to be the residue modulo {@code m}. */
  boolean isKnown(long m) {
    return modulus % m == 0;
  }

  /** Returns true if all lanes have the same value. */
  boolean isUniform() {
    return Arrays.stream(offsets).allMatch(o -> o == 0);
  }

  /** Returns true if every lane has one more than the lane before it. */
  boolean isDense() {
    for (int l = 0; l < offsets.length; l++) {
      if (offsets[l] != l) {
        return false;
      }
    }
    return true;
  }

  /** Returns true if every lane's value is known. */
  boolean isConstant() {
    return modulus == 0;
  }

  /** The lanes of a known value that are not 0, as bits. */
  long bits() {
    long bits = 0;
    for (int l = 0; l < offsets.length; l++) {
      bits |= residue + offsets[l] == 0 ? 0 : 1L << l;
    }
    return bits;
  }

  LanePattern plus(LanePattern o, long factor) {
    long[] sum = offsets.clone();
    Arrays.setAll(sum, l -> offsets[l] + factor * o.offsets[l]);
    return new LanePattern(gcd(modulus, factor * o.modulus), residue + factor * o.residue, sum);
  }

  LanePattern times(long factor) {
    return literal(0, width()).plus(this, factor);
  }

  /** The product; null if not known. */
  LanePattern times(LanePattern o) {
    if (o.isConstant() && o.isUniform()) {
      return times(o.residue);
    }
    return isConstant() && isUniform() ? o.times(residue) : both(o);
  }

  /** Floored quotient by a positive number; null if not known. */
  LanePattern divide(long k) {
    if (isKnown(k)) {
      long first = Math.floorDiv(residue, k);
      long[] q = offsets.clone();
      Arrays.setAll(q, l -> Math.floorDiv(residue + offsets[l], k) - first);
      return new LanePattern(modulus / k, first, q);
    }
    return isWithin(gcd(modulus, k), residue) ? uniform(width()) : null;
  }

  /** Floored remainder by a positive number; null if not known. */
  LanePattern modulo(long k) {
    if (isKnown(k)) {
      return constant(l -> Math.floorMod(residue + offsets[l], k));
    }
    long g = gcd(modulus, k);
    return isWithin(g, residue) ? new LanePattern(g, residue, offsets) : null;
  }

  /**
   * Returns true if all lanes have one quotient by {@code m} when the first has residue {@code r}.
   */
  private boolean isWithin(long m, long r) {
    long first = Math.floorMod(r, m);
    return Arrays.stream(offsets).allMatch(o -> first + o >= 0 && first + o < m);
  }

  /** The comparison of a value with 0; null if it is not known. */
  LanePattern compare(Function f) {
    LongPredicate holds =
        x ->
            switch (f) {
              case LT -> x < 0;
              case LE -> x <= 0;
              case EQ -> x == 0;
              case NE -> x != 0;
              default -> throw new IllegalArgumentException(f.toString());
            };
    if (isConstant()) {
      return constant(l -> holds.test(residue + offsets[l]) ? 1 : 0);
    }
    boolean ordered = f == Function.LT || f == Function.LE;
    if (isUniform() || ordered && isWithin(modulus, f == Function.LT ? residue : residue - 1)) {
      return uniform(width());
    }
    boolean never = Arrays.stream(offsets).allMatch(o -> Math.floorMod(residue + o, modulus) != 0);
    return !ordered && never ? literal(f == Function.NE ? 1 : 0, width()) : null;
  }

  /** A function of two patterns: the same in all lanes if both are; else null, for not known. */
  LanePattern both(LanePattern o) {
    return isUniform() && o.isUniform() ? uniform(width()) : null;
  }

  /** The conjunction of two truth values, or else their disjunction; null if it is not known. */
  LanePattern join(LanePattern o, boolean and) {
    if (isConstant() && o.isConstant()) {
      long x = bits();
      long y = o.bits();
      return constant(l -> (and ? x & y : x | y) >> l & 1);
    }
    return both(o);
  }

  /** The value of each lane, where it is known. */
  private interface OfLane {
    long value(int lane);
  }

  private LanePattern constant(OfLane f) {
    long first = f.value(0);
    long[] of = new long[width()];
    Arrays.setAll(of, l -> f.value(l) - first);
    return new LanePattern(0, first, of);
  }

  private static long gcd(long a, long b) {
    return b == 0 ? Math.abs(a) : gcd(b, a % b);
  }
}
