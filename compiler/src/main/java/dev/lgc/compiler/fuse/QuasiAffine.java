package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * An I32 scalar in normal form, a quasi-affine expression: {@code constant + Σ factor · atom}.
 * Atoms are axes, or scalars that are not sums: floored quotients and remainders by constants,
 * loaded integers. Immutable.
 *
 * <p>The normal form does what makes reshapes free. With {@code i < 12, j < 64}:
 *
 * <pre>
 * (i*64 + j) DIV 64                  i
 * (i*64 + j) MOD 64                  j
 * (i*64 + j) DIV 128                 i DIV 2
 * (x DIV 64)*64 + x MOD 64           x
 * (x DIV 8) DIV 8                    x DIV 64
 * </pre>
 */
final class QuasiAffine extends LinearSum {
  static final QuasiAffine ZERO = new QuasiAffine(0, new Scalar[0], new long[0]);

  /** The magnitude that a scalar of unknown value may have. */
  private static final long UNKNOWN = 1L << 40;

  private QuasiAffine(long constant, Scalar[] atoms, long[] factors) {
    super(constant, atoms, factors);
  }

  static QuasiAffine constant(long value) {
    return value == 0 ? ZERO : new QuasiAffine(value, ZERO.atoms, ZERO.factors);
  }

  static QuasiAffine atom(Scalar scalar) {
    return scalar instanceof Scalar.Literal l
        ? constant((long) l.value())
        : new QuasiAffine(0, new Scalar[] {scalar}, new long[] {1});
  }

  /** The normal form of an I32 scalar that is already in terms of the kernel's axes. */
  static QuasiAffine of(Scalar s) {
    if (s instanceof Scalar.Apply a && a.dtype() == DType.I32) {
      Scalar x = a.operands().getFirst();
      switch (a.function()) {
        case ADD:
          return of(x).plus(of(a.operands().get(1)));
        case SUB:
          return of(x).plus(of(a.operands().get(1)).times(-1));
        case NEG:
          return of(x).times(-1);
        case MUL:
          QuasiAffine l = of(x);
          QuasiAffine r = of(a.operands().get(1));
          if (r.isConstant()) {
            return l.times(r.constant);
          }
          if (l.isConstant()) {
            return r.times(l.constant);
          }
          break;
        case DIV, MOD:
          if (a.operands().get(1) instanceof Scalar.Literal k && k.value() > 0) {
            return a.function() == Function.DIV
                ? of(x).divide((long) k.value())
                : of(x).modulo((long) k.value());
          }
          break;
        // Everything else is an atom.
        default:
          break;
      }
    }
    return atom(s);
  }

  // Arithmetic.

  QuasiAffine plus(long c) {
    return c == 0 ? this : new QuasiAffine(constant + c, atoms, factors);
  }

  QuasiAffine plus(QuasiAffine o) {
    if (o.atoms.length == 0) {
      return plus(o.constant);
    }
    if (atoms.length == 0) {
      return o.plus(constant);
    }
    Scalar[] a = Arrays.copyOf(atoms, atoms.length + o.atoms.length);
    long[] f = Arrays.copyOf(factors, a.length);
    int n = atoms.length;
    for (int j = 0; j < o.atoms.length; j++) {
      int i = 0;
      while (i < n && !a[i].equals(o.atoms[j])) {
        i++;
      }
      a[i] = o.atoms[j];
      f[i] = (i < n ? f[i] : 0) + o.factors[j];
      n = Math.max(n, i + 1);
    }
    return compact(constant + o.constant, a, f, n).recombine();
  }

  QuasiAffine times(long k) {
    if (k == 0) {
      return ZERO;
    }
    if (k == 1) {
      return this;
    }
    long[] f = factors.clone();
    for (int i = 0; i < f.length; i++) {
      f[i] *= k;
    }
    return new QuasiAffine(constant * k, atoms, f);
  }

  /** {@code DIV(x, k) · k·f + MOD(x, k) · f = x · f}. */
  private QuasiAffine recombine() {
    for (int i = 0; i < atoms.length; i++) {
      if (atoms[i] instanceof Scalar.Apply m
          && m.function() == Function.MOD
          && m.operands().get(1) instanceof Scalar.Literal k) {
        Scalar whole = m.operands().getFirst();
        QuasiAffine quotient = of(whole).divide((long) k.value());
        if (quotient.atoms.length != 1 || quotient.constant != 0 || quotient.factors[0] != 1) {
          continue;
        }
        for (int j = 0; j < atoms.length; j++) {
          if (atoms[j].equals(quotient.atoms[0]) && factors[j] == factors[i] * (long) k.value()) {
            long f = factors[i];
            long[] rest = factors.clone();
            rest[i] = 0;
            rest[j] = 0;
            return compact(constant, atoms.clone(), rest, rest.length).plus(of(whole).times(f));
          }
        }
      }
    }
    return this;
  }

  private static QuasiAffine compact(long constant, Scalar[] a, long[] f, int n) {
    int m = 0;
    for (int i = 0; i < n; i++) {
      if (f[i] != 0) {
        a[m] = a[i];
        f[m++] = f[i];
      }
    }
    return new QuasiAffine(constant, Arrays.copyOf(a, m), Arrays.copyOf(f, m));
  }

  // Floored division.

  /** Floored quotient by a positive constant. */
  QuasiAffine divide(long k) {
    return k == 1 ? this : quotientAndRemainder(k)[0];
  }

  /** Floored remainder by a positive constant. */
  QuasiAffine modulo(long k) {
    return k == 1 ? ZERO : quotientAndRemainder(k)[1];
  }

  private QuasiAffine[] quotientAndRemainder(long k) {
    QuasiAffine whole = part(f -> f % k == 0, k, Math.floorDiv(constant, k));
    QuasiAffine rest = part(f -> f % k != 0, 1, Math.floorMod(constant, k));
    if (rest.within(0, k)) {
      return new QuasiAffine[] {whole, rest};
    }
    // 64 a + b by 128 with b < 64: the same as a by 2.
    for (long f : rest.factors) {
      long g = gcd(Math.abs(f), k);
      if (g <= 1) {
        continue;
      }
      QuasiAffine coarse = rest.part(x -> x % g == 0, g, Math.floorDiv(rest.constant, g));
      QuasiAffine fine = rest.part(x -> x % g != 0, 1, Math.floorMod(rest.constant, g));
      if (fine.within(0, g)) {
        QuasiAffine q = coarse.divide(k / g);
        QuasiAffine r = coarse.modulo(k / g).times(g).plus(fine);
        return new QuasiAffine[] {whole.plus(q), r};
      }
    }
    if (rest.atoms.length == 1
        && rest.constant == 0
        && rest.factors[0] == 1
        && rest.atoms[0] instanceof Scalar.Apply a) {
      if (a.function() == Function.DIV && a.operands().get(1) instanceof Scalar.Literal d) {
        // (x div d) div k = x div (d k)
        QuasiAffine q = of(a.operands().getFirst()).divide((long) d.value() * k);
        return new QuasiAffine[] {whole.plus(q), atom(opaque(Function.MOD, rest, k))};
      }
      if (a.function() == Function.MOD && ((long) literal(a, 1)) % k == 0) {
        // (x mod m k) mod k = x mod k
        QuasiAffine r = of(a.operands().getFirst()).modulo(k);
        return new QuasiAffine[] {whole.plus(atom(opaque(Function.DIV, rest, k))), r};
      }
    }
    return new QuasiAffine[] {
      whole.plus(atom(opaque(Function.DIV, rest, k))), atom(opaque(Function.MOD, rest, k))
    };
  }

  private static double literal(Scalar.Apply a, int operand) {
    return a.operands().get(operand) instanceof Scalar.Literal l ? l.value() : 1;
  }

  private static Scalar opaque(Function f, QuasiAffine x, long k) {
    return Scalar.apply(f, x.toScalar(), Scalar.i32(k));
  }

  private QuasiAffine part(LongPredicate which, long by, long c) {
    Scalar[] a = new Scalar[atoms.length];
    long[] f = new long[atoms.length];
    int n = 0;
    for (int i = 0; i < atoms.length; i++) {
      if (which.test(factors[i])) {
        a[n] = atoms[i];
        f[n++] = factors[i] / by;
      }
    }
    return new QuasiAffine(c, Arrays.copyOf(a, n), Arrays.copyOf(f, n));
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  // Range of values.

  /** Returns true if all values are from {@code low} on and below {@code beyond}. */
  boolean within(long low, long beyond) {
    return min() >= low && max() < beyond;
  }

  long min() {
    return bound(true);
  }

  long max() {
    return bound(false);
  }

  private long bound(boolean low) {
    long b = constant;
    for (int i = 0; i < atoms.length; i++) {
      b += factors[i] * bound(atoms[i], (factors[i] > 0) == low);
    }
    return b;
  }

  private static long bound(Scalar s, boolean low) {
    return switch (s) {
      case Scalar.Literal l -> (long) l.value();
      case Scalar.AxisIndex i -> low ? 0 : i.axis().extent() - 1L;
      case Scalar.Apply a -> bound(a, low);
      case Scalar.Load l -> unknown(low);
      case Scalar.Uniform u -> unknown(low);
      case Scalar.Local l -> unknown(low);
    };
  }

  private static long bound(Scalar.Apply a, boolean low) {
    List<Scalar> x = a.operands();
    return switch (a.function()) {
      case MOD -> low ? 0 : remainder(x.get(1));
      case DIV -> quotient(of(x.getFirst()).bound(low), x.get(1), low);
      case TO_I32 -> x.getFirst().dtype() != DType.BOOL ? unknown(low) : low ? 0 : 1;
      case CHECK_INDEX -> {
        long bound = of(x.getFirst()).bound(low);
        yield low ? Math.max(0, bound) : Math.min((long) literal(a, 1) - 1, bound);
      }
      case MIN -> bound(x.get(0), x.get(1), low, true);
      case MAX -> bound(x.get(0), x.get(1), low, false);
      case SELECT -> bound(x.get(1), x.get(2), low, low);
      default -> unknown(low);
    };
  }

  /** The largest remainder of a division by a positive number. */
  private static long remainder(Scalar divisor) {
    return divisor instanceof Scalar.Literal l ? (long) l.value() - 1 : unknown(false);
  }

  /** A bound of the quotient of a bound by a positive number: the larger that is, the nearer 0. */
  private static long quotient(long bound, Scalar divisor, boolean low) {
    if (divisor instanceof Scalar.Literal l) {
      return Math.floorDiv(bound, (long) l.value());
    }
    return low ? Math.min(bound, 0) : Math.max(bound, -1);
  }

  /** The less, or the greater, of the bounds of two scalars. */
  private static long bound(Scalar x, Scalar y, boolean low, boolean less) {
    if (x.dtype() != DType.I32) {
      return unknown(low);
    }
    long a = of(x).bound(low);
    long b = of(y).bound(low);
    return less ? Math.min(a, b) : Math.max(a, b);
  }

  private static long unknown(boolean low) {
    return low ? -UNKNOWN : UNKNOWN;
  }

  /** The same, as an index of an axis: a fault where it is outside, if it can be. */
  QuasiAffine checked(long extent) {
    return within(0, extent)
        ? this
        : atom(Scalar.apply(Function.CHECK_INDEX, toScalar(), Scalar.i32(extent)));
  }
}
