package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.dsl.type.DType;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The conditions that are known to hold, or not to, inside of branches, and the bounds of integers
 * that follow. A test whose outcome is known must not be emitted: TornadoVM fails on branches that
 * its compiler finds to be decided.
 */
final class PathConditions {
  private final Expressions expressions;
  private final Deque<Map<Scalar, Boolean>> truths = new ArrayDeque<>();
  private final Deque<Map<Scalar, Range>> ranges = new ArrayDeque<>();

  private record Range(long least, long most) {
    static final Range ALL = new Range(Integer.MIN_VALUE, Integer.MAX_VALUE);

    Range and(Range o) {
      return new Range(Math.max(least, o.least), Math.min(most, o.most));
    }
  }

  /** A comparison with a constant: {@code atom <= bound}, or {@code atom >= bound}. */
  private record Bound(Scalar atom, boolean upper, long bound) {
    Bound negated() {
      return new Bound(atom, !upper, upper ? bound + 1 : bound - 1);
    }

    Range range() {
      return upper ? new Range(Integer.MIN_VALUE, bound) : new Range(bound, Integer.MAX_VALUE);
    }

    boolean holdsIn(Range r) {
      return upper ? r.most <= bound : r.least >= bound;
    }
  }

  /**
   * @param expressions makes equal expressions the same
   */
  PathConditions(Expressions expressions) {
    this.expressions = expressions;
  }

  /** Enters a branch where a condition is true or false. */
  void open(Scalar condition, boolean truth) {
    truths.push(new IdentityHashMap<>());
    ranges.push(new IdentityHashMap<>());
    assume(condition, truth);
  }

  void close() {
    truths.pop();
    ranges.pop();
  }

  private void assume(Scalar s, boolean truth) {
    truths.element().put(s, truth);
    if (!(s instanceof Scalar.Apply a)) {
      return;
    }
    if (a.function() == Function.NOT) {
      assume(a.operands().getFirst(), !truth);
    } else if (a.function() == (truth ? Function.AND : Function.OR)) {
      a.operands().forEach(x -> assume(x, truth));
    } else {
      bound(a).ifPresent(b -> narrow(truth ? b : b.negated()));
    }
  }

  private void narrow(Bound b) {
    ranges.element().put(b.atom, range(b.atom).and(b.range()));
  }

  private Range range(Scalar atom) {
    Range r = Range.ALL;
    for (Map<Scalar, Range> scope : ranges) {
      Range known = scope.get(atom);
      r = known == null ? r : r.and(known);
    }
    return r;
  }

  /** The outcome of a condition, if it is known here. */
  Optional<Boolean> known(Scalar s) {
    for (Map<Scalar, Boolean> scope : truths) {
      Boolean truth = scope.get(s);
      if (truth != null) {
        return Optional.of(truth);
      }
    }
    if (s instanceof Scalar.Apply a && !ranges.isEmpty()) {
      Optional<Bound> bound = bound(a);
      if (bound.isPresent()) {
        Range r = range(bound.get().atom);
        if (bound.get().holdsIn(r)) {
          return Optional.of(true);
        }
        if (bound.get().negated().holdsIn(r)) {
          return Optional.of(false);
        }
      }
    }
    return Optional.empty();
  }

  /** {@code x < y} and {@code x <= y} where the difference is a multiple of one thing. */
  private Optional<Bound> bound(Scalar.Apply a) {
    boolean less = a.function() == Function.LT || a.function() == Function.LE;
    if (!less || a.operands().getFirst().dtype() != DType.I32) {
      return Optional.empty();
    }
    // room = y - x - (1 if strict) must not be negative.
    Affine room = Affine.of(a.operands().get(1).minus(a.operands().get(0)));
    long constant = room.constant() - (a.function() == Function.LT ? 1 : 0);
    if (room.strides().size() + room.rest().size() != 1) {
      return Optional.empty();
    }
    Scalar atom;
    long factor;
    if (room.rest().isEmpty()) {
      var only = room.strides().entrySet().iterator().next();
      atom = Scalar.of(only.getKey());
      factor = only.getValue();
    } else {
      atom = room.rest().getFirst().term();
      factor = room.rest().getFirst().factor();
    }
    // constant + factor · atom >= 0
    long bound = factor > 0 ? -Math.floorDiv(constant, factor) : Math.floorDiv(constant, -factor);
    return Optional.of(new Bound(expressions.unique(atom), factor < 0, bound));
  }
}
