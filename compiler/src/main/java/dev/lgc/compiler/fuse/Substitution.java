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

/**
 * Rewrites a scalar of one algorithm into the terms of a kernel: axes become linear forms of the
 * kernel's axes, and loads number graph nodes in place of operands. Indexes come out in normal form
 * and conditions that are always true or false disappear.
 */
final class Substitution {
  private final Map<Integer, Linear> axes = new HashMap<>();
  private final List<Integer> operands;

  /** Loads in the scalars given already number nodes when {@code operands} is null. */
  Substitution(List<Integer> operands) {
    this.operands = operands;
  }

  Substitution put(Axis axis, Linear value) {
    axes.put(axis.number(), value);
    return this;
  }

  Substitution putAll(List<Axis> from, List<Linear> to) {
    for (int i = 0; i < from.size(); i++) {
      put(from.get(i), to.get(i));
    }
    return this;
  }

  Linear index(Scalar s) {
    if (s.dtype() == DType.I32) {
      switch (s) {
        case Scalar.Literal l -> {
          return Linear.constant((long) l.value());
        }
        case Scalar.AxisIndex i -> {
          Linear l = axes.get(i.axis().number());
          return l == null ? Linear.atom(i) : l;
        }
        case Scalar.Apply a -> {
          Scalar x = a.operands().getFirst();
          Scalar y = a.operands().size() > 1 ? a.operands().get(1) : null;
          if (a.function() == Function.ADD) {
            return index(x).plus(index(y));
          }
          if (a.function() == Function.SUB) {
            return index(x).plus(index(y).times(-1));
          }
          if (a.function() == Function.NEG) {
            return index(x).times(-1);
          }
          if (a.function() == Function.MUL) {
            Linear l = index(x);
            Linear r = index(y);
            return r.isConstant()
                ? l.times(r.constant())
                : l.isConstant()
                    ? r.times(l.constant())
                    : Linear.atom(l.toScalar().times(r.toScalar()));
          }
          if (a.function() == Function.DIV || a.function() == Function.MOD) {
            Linear r = index(y);
            if (r.isConstant() && r.constant() > 0) {
              Linear l = index(x);
              return a.function() == Function.DIV ? l.divide(r.constant()) : l.modulo(r.constant());
            }
          }
          if (a.function() == Function.CHECK_INDEX) {
            return index(x).checked((long) ((Scalar.Literal) y).value());
          }
        }
        case Scalar.Load l -> {}
        case Scalar.Uniform u -> {}
        case Scalar.Local l -> {}
      }
    }
    Scalar v = node(s);
    return Linear.atom(v);
  }

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
    int node = operands == null ? l.operand() : operands.get(l.operand());
    return new Scalar.Load(node, l.dtype(), index, guard, l.otherwise());
  }

  private static Scalar fold(Scalar.Apply a, List<Scalar> c) {
    Scalar x = c.getFirst();
    switch (a.function()) {
      case LT, LE, EQ, NE -> {
        if (x.dtype() == DType.I32) {
          Linear d = Linear.of(x).plus(Linear.of(c.get(1)).times(-1));
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

  /** What {@code d f 0} is for every d between the bounds, if it is the same for all. */
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
