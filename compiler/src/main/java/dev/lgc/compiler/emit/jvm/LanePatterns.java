package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Finds the {@link LanePattern} of expressions along a lane axis, and writes what their first lane
 * has as an expression that does not vary.
 */
final class LanePatterns {
  /** The number of the axis that stands for a vector's first position. */
  private static final int FIRST = Integer.MAX_VALUE;

  private final Expressions terms;
  private final Axis axis;
  private final int width;
  private final IntPredicate varies;
  private final Axis first;
  private final Map<Scalar, Optional<LanePattern>> known = new IdentityHashMap<>();

  /**
   * @param varies whether lanes may differ in what a local has
   */
  LanePatterns(Expressions terms, Axis axis, int width, IntPredicate varies) {
    this.terms = terms;
    this.axis = axis;
    this.width = width;
    this.varies = varies;
    this.first = new Axis(FIRST, axis.extent());
  }

  /**
   * The axis of {@link #first(Scalar)}: its position is that of the current vector's first lane.
   */
  Axis first() {
    return first;
  }

  /** Returns true if lanes may differ in a unique expression. */
  boolean varies(Scalar s) {
    return terms.axes(s).contains(axis) || terms.locals(s).stream().anyMatch(varies::test);
  }

  /** Returns true if lanes may differ in a local. */
  boolean varies(int local) {
    return varies.test(local);
  }

  /** The pattern of a unique expression, if it is known. */
  Optional<LanePattern> of(Scalar s) {
    Optional<LanePattern> p = known.get(s);
    if (p == null) {
      p = Optional.ofNullable(varies(s) ? find(s) : constant(s));
      known.put(s, p);
    }
    return p;
  }

  /** Returns true if all lanes are known to have the same value. */
  boolean isUniform(Scalar s) {
    return of(s).filter(LanePattern::isUniform).isPresent();
  }

  /** Returns true if every lane is known to have one more than the lane before it. */
  boolean isDense(Scalar s) {
    return of(s).filter(LanePattern::isDense).isPresent();
  }

  private LanePattern constant(Scalar s) {
    return s instanceof Scalar.Literal(DType t, double x) && !t.isFloat()
        ? LanePattern.literal((long) x, width)
        : LanePattern.uniform(width);
  }

  private LanePattern find(Scalar s) {
    switch (s) {
      case Scalar.AxisIndex _ -> {
        return LanePattern.positions(width, axis.extent() <= width);
      }
      case Scalar.Local l when varies.test(l.number()) -> {
        return null;
      }
      case Scalar.Apply a when !a.operands().getFirst().dtype().isFloat() -> {
        LanePattern p = apply(a);
        if (p != null) {
          return p;
        }
      }
      case Scalar.Load _, Scalar.Local _, Scalar.Uniform _, Scalar.Apply _ -> {}
      case Scalar.Literal _ -> throw new IllegalStateException();
    }
    return s.children().stream().allMatch(this::isUniform) ? LanePattern.uniform(width) : null;
  }

  private LanePattern apply(Scalar.Apply a) {
    List<LanePattern> x = new ArrayList<>();
    for (Scalar o : a.operands()) {
      Optional<LanePattern> p = of(o);
      if (p.isEmpty()) {
        return null;
      }
      x.add(p.get());
    }
    LanePattern p = x.getFirst();
    return switch (a.function()) {
      case ADD -> p.plus(x.get(1), 1);
      case SUB -> p.plus(x.get(1), -1);
      case NEG -> p.times(-1);
      case MUL -> p.times(x.get(1));
      case DIV -> divisor(a) > 0 ? p.divide(divisor(a)) : null;
      case MOD -> divisor(a) > 0 ? p.modulo(divisor(a)) : null;
      case LT, LE, EQ, NE -> p.plus(x.get(1), -1).compare(a.function());
      case AND, OR -> p.join(x.get(1), a.function() == Function.AND);
      case NOT -> LanePattern.literal(1, width).plus(p, -1);
      case TO_I32 -> p;
      default -> null;
    };
  }

  private static long divisor(Scalar.Apply a) {
    return a.operands().get(1) instanceof Scalar.Literal(DType _, double k) ? (long) k : 0;
  }

  /**
   * The first lane's value of an expression with a pattern, in terms of the axis {@link #first()}.
   */
  Scalar first(Scalar s) {
    return terms.unique(atFirst(s));
  }

  private Scalar atFirst(Scalar s) {
    if (!varies(s)) {
      return s;
    }
    if (s instanceof Scalar.AxisIndex) {
      return Scalar.of(first);
    }
    Optional<LanePattern> p = of(s).filter(x -> x.isConstant() && !s.dtype().isFloat());
    if (p.isPresent()) {
      return new Scalar.Literal(s.dtype(), p.get().residue());
    }
    Optional<Scalar> whole = whole(s);
    return whole.orElseGet(() -> s.withChildren(s.children().stream().map(this::atFirst).toList()));
  }

  /** {@code (x div k) · (k f)}, where x is r modulo k at the first lane: {@code (x - r) · f}. */
  private Optional<Scalar> whole(Scalar s) {
    if (s instanceof Scalar.Apply(Function mul, _, List<Scalar> factors)
        && mul == Function.MUL
        && factors.get(1) instanceof Scalar.Literal(DType t, double by)
        && t == DType.I32
        && factors.get(0) instanceof Scalar.Apply q
        && q.function() == Function.DIV
        && q.dtype() == DType.I32
        && divisor(q) > 0
        && (long) by % divisor(q) == 0) {
      long k = divisor(q);
      Scalar x = q.operands().getFirst();
      return of(x)
          .filter(p -> p.isKnown(k))
          .map(
              p ->
                  atFirst(x)
                      .plus(Scalar.i32(-Math.floorMod(p.residue(), k)))
                      .times(Scalar.i32((long) by / k)));
    }
    return Optional.empty();
  }
}
