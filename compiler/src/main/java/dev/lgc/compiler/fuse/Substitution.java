package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * Rewrites a scalar of one algorithm into the terms of a kernel: axes become linear forms of the
 * kernel's axes, and loads number graph nodes in place of operands. Indexes come out in normal form
 * and conditions that are always true or false disappear.
 *
 * <p>In: the value {@code x[i, 0]} of {@code broadcast}, with {@code i := a0} and {@code j := a1};
 * {@code select(j < 64, x[j], 0)}, with {@code j := a1} and {@code a1 < 64}. Out: {@code %7[a0,
 * 0]}; {@code %5[a1]}.
 */
final class Substitution {
  private final Map<Integer, QuasiAffine> axes = new HashMap<>();

  /** The node, or the buffer, that a load's operand is. */
  private final IntUnaryOperator operands;

  private Substitution(IntUnaryOperator operands) {
    this.operands = operands;
  }

  /** A substitution in an algorithm, whose loads number the operands of a node. */
  static Substitution ofOperands(List<Integer> operands) {
    return new Substitution(operands::get);
  }

  /**
   * A substitution in scalars whose loads number nodes or buffers already, and stay as they are.
   */
  static Substitution inKernel() {
    return new Substitution(IntUnaryOperator.identity());
  }

  Substitution put(Axis axis, QuasiAffine value) {
    axes.put(axis.number(), value);
    return this;
  }

  Substitution putAll(List<Axis> from, List<QuasiAffine> to) {
    for (int i = 0; i < from.size(); i++) {
      put(from.get(i), to.get(i));
    }
    return this;
  }

  /** Every dimension of an index. */
  List<QuasiAffine> indexes(List<QuasiAffine> at) {
    List<QuasiAffine> rewritten = new ArrayList<>(at.size());
    for (QuasiAffine l : at) {
      rewritten.add(index(l.toScalar()));
    }
    return rewritten;
  }

  /** An I32 scalar. */
  QuasiAffine index(Scalar s) {
    if (s.dtype() == DType.I32) {
      switch (s) {
        case Scalar.Literal l -> {
          return QuasiAffine.constant((long) l.value());
        }
        case Scalar.AxisIndex i -> {
          QuasiAffine l = axes.get(i.axis().number());
          return l == null ? QuasiAffine.atom(i) : l;
        }
        case Scalar.Apply a -> {
          List<Scalar> x = a.operands();
          switch (a.function()) {
            case ADD -> {
              return index(x.get(0)).plus(index(x.get(1)));
            }
            case SUB -> {
              return index(x.get(0)).plus(index(x.get(1)).times(-1));
            }
            case NEG -> {
              return index(x.get(0)).times(-1);
            }
            case MUL -> {
              return product(index(x.get(0)), index(x.get(1)));
            }
            case DIV, MOD -> {
              QuasiAffine by = index(x.get(1));
              if (by.isConstant() && by.constant() > 0) {
                QuasiAffine of = index(x.get(0));
                return a.function() == Function.DIV
                    ? of.divide(by.constant())
                    : of.modulo(by.constant());
              }
            }
            case CHECK_INDEX -> {
              return index(x.get(0)).checked((long) ((Scalar.Literal) x.get(1)).value());
            }
            default -> {}
          }
        }
        case Scalar.Load l -> {}
        case Scalar.Uniform u -> {}
        case Scalar.Local l -> {}
      }
    }
    Scalar v = node(s);
    return QuasiAffine.atom(v);
  }

  private static QuasiAffine product(QuasiAffine l, QuasiAffine r) {
    if (r.isConstant()) {
      return l.times(r.constant());
    }
    return l.isConstant()
        ? r.times(l.constant())
        : QuasiAffine.atom(l.toScalar().times(r.toScalar()));
  }

  /** A scalar of any type. */
  Scalar value(Scalar s) {
    return s.dtype() == DType.I32 ? index(s).toScalar() : node(s);
  }

  /** The same node over substituted children; never called on sums. */
  private Scalar node(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> l;
      case Scalar.AxisIndex i -> value(i);
      case Scalar.Load l -> load(l);
      case Scalar.Apply a -> {
        List<Scalar> c = new ArrayList<>(a.operands().size());
        for (Scalar o : a.operands()) {
          c.add(value(o));
        }
        yield fold(a, c);
      }
      case Scalar.Uniform u -> u.withChildren(u.children().stream().map(this::value).toList());
      case Scalar.Local l -> l.withChildren(l.index().stream().map(this::value).toList());
    };
  }

  private Scalar load(Scalar.Load l) {
    Optional<Scalar> guard = l.guard().map(this::value);
    if (guard.isPresent() && guard.get() instanceof Scalar.Literal g) {
      if (g.value() == 0) {
        return new Scalar.Literal(l.dtype(), l.otherwise());
      }
      guard = Optional.empty();
    }
    List<Scalar> index = new ArrayList<>(l.index().size());
    for (Scalar i : l.index()) {
      index.add(value(i));
    }
    int node = operands.applyAsInt(l.operand());
    return new Scalar.Load(node, l.dtype(), index, guard, l.otherwise());
  }

  private static Scalar fold(Scalar.Apply a, List<Scalar> c) {
    Scalar x = c.getFirst();
    switch (a.function()) {
      case LT, LE, EQ, NE -> {
        if (x.dtype() == DType.I32) {
          QuasiAffine d = QuasiAffine.of(x).plus(QuasiAffine.of(c.get(1)).times(-1));
          Optional<Boolean> known = compare(a.function(), d.min(), d.max());
          if (known.isPresent()) {
            return bool(known.get());
          }
        }
      }
      case AND, OR -> {
        for (int i = 0; i < 2; i++) {
          if (c.get(i) instanceof Scalar.Literal l) {
            boolean absorbing = (l.value() != 0) == (a.function() == Function.OR);
            return absorbing ? l : c.get(1 - i);
          }
        }
      }
      case NOT -> {
        if (x instanceof Scalar.Literal l) {
          return bool(l.value() == 0);
        }
      }
      case SELECT -> {
        if (x instanceof Scalar.Literal l) {
          return c.get(l.value() != 0 ? 1 : 2);
        }
      }
      default -> {}
    }
    return new Scalar.Apply(a.function(), a.dtype(), c);
  }

  /** The truth of {@code d f 0} for every d between the bounds, if it is the same for all. */
  private static Optional<Boolean> compare(Function f, long min, long max) {
    boolean zero = min == 0 && max == 0;
    boolean apart = min > 0 || max < 0;
    return switch (f) {
      case LT -> max < 0 ? Optional.of(true) : min >= 0 ? Optional.of(false) : Optional.empty();
      case LE -> max <= 0 ? Optional.of(true) : min > 0 ? Optional.of(false) : Optional.empty();
      case EQ -> zero ? Optional.of(true) : apart ? Optional.of(false) : Optional.empty();
      case NE -> apart ? Optional.of(true) : zero ? Optional.of(false) : Optional.empty();
      default -> Optional.empty();
    };
  }

  static Scalar bool(boolean b) {
    return new Scalar.Literal(DType.BOOL, b ? 1 : 0);
  }

  /** Calls {@code sink} with every load in a scalar, those inside indexes and guards too. */
  static void loads(Scalar s, Consumer<Scalar.Load> sink) {
    if (s instanceof Scalar.Load l) {
      sink.accept(l);
    }
    for (Scalar c : s.children()) {
      loads(c, sink);
    }
  }
}
