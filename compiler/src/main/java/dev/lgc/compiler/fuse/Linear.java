package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongBinaryOperator;

/**
 * An I32 scalar in normal form: {@code constant + Σ factor · atom}. Atoms are axes, or scalars that
 * are not sums: floored quotients and remainders by constants, loaded integers. Immutable.
 */
final class Linear {
  static final Linear ZERO = new Linear(0, new Scalar[0], new long[0]);

  /** What a scalar of unknown value may be. */
  private static final long UNKNOWN = 1L << 40;

  private final long constant;
  private final Scalar[] atoms;
  private final long[] factors;

  private Linear(long constant, Scalar[] atoms, long[] factors) {
    this.constant = constant;
    this.atoms = atoms;
    this.factors = factors;
  }

  static Linear constant(long value) {
    return value == 0 ? ZERO : new Linear(value, ZERO.atoms, ZERO.factors);
  }

  static Linear atom(Scalar scalar) {
    return scalar instanceof Scalar.Literal l
        ? constant((long) l.value())
        : new Linear(0, new Scalar[] {scalar}, new long[] {1});
  }

  /** The normal form of an I32 scalar that is already in terms of the kernel's axes. */
  static Linear of(Scalar s) {
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
          Linear l = of(x);
          Linear r = of(a.operands().get(1));
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

  boolean isConstant() {
    return atoms.length == 0;
  }

  long constant() {
    return constant;
  }

  int size() {
    return atoms.length;
  }

  Scalar atom(int i) {
    return atoms[i];
  }

  long factor(int i) {
    return factors[i];
  }

  /** Factor of an atom, 0 if it does not occur. */
  long factorOf(Scalar atom) {
    for (int i = 0; i < atoms.length; i++) {
      if (atoms[i].equals(atom)) {
        return factors[i];
      }
    }
    return 0;
  }

  Linear plus(long c) {
    return c == 0 ? this : new Linear(constant + c, atoms, factors);
  }

  Linear plus(Linear o) {
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

  Linear times(long k) {
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
    return new Linear(constant * k, atoms, f);
  }

  /** {@code DIV(x, k) · k·f + MOD(x, k) · f = x · f}. */
  private Linear recombine() {
    for (int i = 0; i < atoms.length; i++) {
      if (atoms[i] instanceof Scalar.Apply m && m.function() == Function.MOD) {
        Scalar.Literal k = (Scalar.Literal) m.operands().get(1);
        Scalar whole = m.operands().getFirst();
        Linear quotient = of(whole).divide((long) k.value());
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

  private static Linear compact(long constant, Scalar[] a, long[] f, int n) {
    int m = 0;
    for (int i = 0; i < n; i++) {
      if (f[i] != 0) {
        a[m] = a[i];
        f[m++] = f[i];
      }
    }
    return new Linear(constant, Arrays.copyOf(a, m), Arrays.copyOf(f, m));
  }

  /** Floored quotient by a positive constant. */
  Linear divide(long k) {
    return k == 1 ? this : quotientAndRemainder(k)[0];
  }

  /** Floored remainder by a positive constant. */
  Linear modulo(long k) {
    return k == 1 ? ZERO : quotientAndRemainder(k)[1];
  }

  private Linear[] quotientAndRemainder(long k) {
    Linear whole = part(f -> f % k == 0, k, Math.floorDiv(constant, k));
    Linear rest = part(f -> f % k != 0, 1, Math.floorMod(constant, k));
    if (rest.within(0, k)) {
      return new Linear[] {whole, rest};
    }
    // 64 a + b by 128 with b < 64: the same as a by 2.
    for (long f : rest.factors) {
      long g = gcd(Math.abs(f), k);
      if (g <= 1) {
        continue;
      }
      Linear coarse = rest.part(x -> x % g == 0, g, Math.floorDiv(rest.constant, g));
      Linear fine = rest.part(x -> x % g != 0, 1, Math.floorMod(rest.constant, g));
      if (fine.within(0, g)) {
        Linear q = coarse.divide(k / g);
        Linear r = coarse.modulo(k / g).times(g).plus(fine);
        return new Linear[] {whole.plus(q), r};
      }
    }
    if (rest.atoms.length == 1 && rest.constant == 0 && rest.factors[0] == 1) {
      Scalar.Apply a = rest.atoms[0] instanceof Scalar.Apply x ? x : null;
      if (a != null
          && a.function() == Function.DIV
          && a.operands().get(1) instanceof Scalar.Literal d) {
        // (x div d) div k = x div (d k)
        Linear q = of(a.operands().getFirst()).divide((long) d.value() * k);
        return new Linear[] {whole.plus(q), atom(opaque(Function.MOD, rest, k))};
      }
      if (a != null && a.function() == Function.MOD && ((long) literal(a, 1)) % k == 0) {
        // (x mod m k) mod k = x mod k
        Linear r = of(a.operands().getFirst()).modulo(k);
        return new Linear[] {whole.plus(atom(opaque(Function.DIV, rest, k))), r};
      }
    }
    return new Linear[] {
      whole.plus(atom(opaque(Function.DIV, rest, k))), atom(opaque(Function.MOD, rest, k))
    };
  }

  private static double literal(Scalar.Apply a, int operand) {
    return a.operands().get(operand) instanceof Scalar.Literal l ? l.value() : 1;
  }

  private static Scalar opaque(Function f, Linear x, long k) {
    return Scalar.apply(f, x.toScalar(), Scalar.i32(k));
  }

  private Linear part(java.util.function.LongPredicate which, long by, long c) {
    Scalar[] a = new Scalar[atoms.length];
    long[] f = new long[atoms.length];
    int n = 0;
    for (int i = 0; i < atoms.length; i++) {
      if (which.test(factors[i])) {
        a[n] = atoms[i];
        f[n++] = factors[i] / by;
      }
    }
    return new Linear(c, Arrays.copyOf(a, n), Arrays.copyOf(f, n));
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

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
      boolean atomLow = (factors[i] > 0) == low;
      b += factors[i] * (atomLow ? low(atoms[i]) : high(atoms[i]));
    }
    return b;
  }

  private static long low(Scalar s) {
    return switch (s) {
      case Scalar.AxisIndex i -> 0;
      case Scalar.Literal l -> (long) l.value();
      case Scalar.Apply a when a.function() == Function.MOD -> 0;
      case Scalar.Apply a when a.function() == Function.DIV ->
          Math.floorDiv(of(a.operands().getFirst()).min(), (long) literal(a, 1));
      case Scalar.Apply a
          when a.function() == Function.TO_I32 && a.operands().getFirst().dtype() == DType.BOOL ->
          0;
      case Scalar.Apply a -> chosen(a, true);
      case Scalar.Load l -> -UNKNOWN;
      case Scalar.Uniform u -> -UNKNOWN;
      case Scalar.Local l -> -UNKNOWN;
    };
  }

  private static long high(Scalar s) {
    return switch (s) {
      case Scalar.AxisIndex i -> i.axis().extent() - 1L;
      case Scalar.Literal l -> (long) l.value();
      case Scalar.Apply a when a.function() == Function.MOD -> (long) literal(a, 1) - 1;
      case Scalar.Apply a when a.function() == Function.DIV ->
          Math.floorDiv(of(a.operands().getFirst()).max(), (long) literal(a, 1));
      case Scalar.Apply a
          when a.function() == Function.TO_I32 && a.operands().getFirst().dtype() == DType.BOOL ->
          1;
      case Scalar.Apply a -> chosen(a, false);
      case Scalar.Load l -> UNKNOWN;
      case Scalar.Uniform u -> UNKNOWN;
      case Scalar.Local l -> UNKNOWN;
    };
  }

  /** A bound of what is one of its operands. */
  private static long chosen(Scalar.Apply a, boolean low) {
    List<Scalar> x = a.operands();
    LongBinaryOperator least = Math::min;
    LongBinaryOperator most = Math::max;
    return switch (a.function()) {
      case CHECK_INDEX -> {
        long bound = of(x.getFirst()).bound(low);
        yield low ? Math.max(0, bound) : Math.min((long) literal(a, 1) - 1, bound);
      }
      case MIN -> both(x.get(0), x.get(1), low, least);
      case MAX -> both(x.get(0), x.get(1), low, most);
      case SELECT -> both(x.get(1), x.get(2), low, low ? least : most);
      default -> low ? -UNKNOWN : UNKNOWN;
    };
  }

  private static long both(Scalar x, Scalar y, boolean low, LongBinaryOperator of) {
    boolean whole = x.dtype() == DType.I32;
    return whole ? of.applyAsLong(of(x).bound(low), of(y).bound(low)) : low ? -UNKNOWN : UNKNOWN;
  }

  /** The same, as an index of an axis: a fault where it is outside, if it can be. */
  Linear checked(long extent) {
    return within(0, extent)
        ? this
        : atom(Scalar.apply(Function.CHECK_INDEX, toScalar(), Scalar.i32(extent)));
  }

  /** Whether every atom is an axis. */
  boolean isAffine() {
    for (Scalar a : atoms) {
      if (!(a instanceof Scalar.AxisIndex)) {
        return false;
      }
    }
    return true;
  }

  /** As a scalar: larger factors first, the constant last. */
  Scalar toScalar() {
    if (atoms.length == 0) {
      return Scalar.i32(constant);
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < atoms.length; i++) {
      order.add(i);
    }
    order.sort((i, j) -> Long.compare(Math.abs(factors[j]), Math.abs(factors[i])));
    Scalar sum = null;
    for (int i : order) {
      Scalar term = factors[i] == 1 ? atoms[i] : atoms[i].times(Scalar.i32(factors[i]));
      sum = sum == null ? term : sum.plus(term);
    }
    return constant == 0 ? sum : sum.plus(Scalar.i32(constant));
  }

  @Override
  public boolean equals(Object o) {
    if (!(o instanceof Linear l) || l.constant != constant || l.atoms.length != atoms.length) {
      return false;
    }
    for (int i = 0; i < atoms.length; i++) {
      if (l.factorOf(atoms[i]) != factors[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int h = Long.hashCode(constant);
    for (int i = 0; i < atoms.length; i++) {
      h += atoms[i].hashCode() * Long.hashCode(factors[i]);
    }
    return h;
  }

  @Override
  public String toString() {
    return toScalar().toString();
  }
}
