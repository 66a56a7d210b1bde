package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Stage;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The values of a kernel's expressions in the masked tail of an axis, which is where it is at or
 * beyond an end: see {@link DynamicBounds} for the rules, and for what they let pass.
 */
final class MaskedTail {
  /** The knowledge of a value. */
  enum Kind {
    ZERO,
    /** Minus infinity. */
    LOWEST,
    ANY
  }

  private final MaskComparisons ends;
  private final Affine end;

  /** By local: the stage that computes it. */
  private final Map<Integer, Stage> writers = new HashMap<>();

  /** By scratch array: what its elements are where one of the indexes is at or beyond the end. */
  private final Map<Integer, List<Kind>> scratch = new HashMap<>();

  private Axis axis;
  private Map<Scalar, Kind> known = new IdentityHashMap<>();

  /**
   * @param end one of {@link MaskComparisons#all}
   */
  MaskedTail(List<Stage> stages, MaskComparisons ends, Affine end) {
    this.ends = ends;
    this.end = end;
    for (Stage s : stages) {
      switch (s.target()) {
        case Stage.Target.Local t -> writers.put(t.number(), s);
        case Stage.Target.Scratch t -> {
          writers.put(t.number(), s);
          scratch.put(t.number(), s.axes().stream().map(a -> of(s.value(), a)).toList());
        }
        case Stage.Target.Store _ -> {}
      }
    }
  }

  /**
   * Returns true if positions of a reduction axis from the end on leave the stage's result as it
   * is.
   */
  boolean isNeutral(Stage s, Axis reduced) {
    return switch (s.reducer()) {
      case SUM -> of(s.value(), reduced) == Kind.ZERO;
      case MAX -> of(s.value(), reduced) == Kind.LOWEST;
      case NONE, MIN, ARGMAX, ARGMIN -> false;
    };
  }

  /** A stage's value where one of its axes is at or beyond the end. */
  private Kind of(Scalar value, Axis beyond) {
    axis = beyond;
    known = new IdentityHashMap<>();
    return kind(value);
  }

  private Kind kind(Scalar s) {
    Kind k = known.get(s);
    if (k == null) {
      k = compute(s);
      known.put(s, k);
    }
    return k;
  }

  private Kind compute(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> literal(l.value());
      case Scalar.AxisIndex _ -> Kind.ANY;
      case Scalar.Uniform _ -> Kind.ANY;
      case Scalar.Load l ->
          l.guard().flatMap(this::truth).filter(t -> !t).isPresent()
              ? literal(l.otherwise())
              : Kind.ANY;
      case Scalar.Local l -> {
        int dimension = l.index().indexOf(Scalar.of(axis));
        yield dimension < 0 ? Kind.ANY : scratch.get(l.number()).get(dimension);
      }
      case Scalar.Apply a -> apply(a, a.operands());
    };
  }

  private static Kind literal(double value) {
    return value == 0 ? Kind.ZERO : value == Double.NEGATIVE_INFINITY ? Kind.LOWEST : Kind.ANY;
  }

  private Kind apply(Scalar.Apply a, List<Scalar> x) {
    if (!a.dtype().isFloat()) {
      return Kind.ANY;
    }
    return switch (a.function()) {
      case SELECT -> select(x);
      case EXP -> kind(x.getFirst()) == Kind.LOWEST ? Kind.ZERO : Kind.ANY;
      case MUL -> {
        if (kind(x.get(0)) == Kind.ZERO || kind(x.get(1)) == Kind.ZERO) {
          yield Kind.ZERO;
        }
        boolean lowest =
            kind(x.get(0)) == Kind.LOWEST && isPositive(x.get(1))
                || kind(x.get(1)) == Kind.LOWEST && isPositive(x.get(0));
        yield lowest ? Kind.LOWEST : Kind.ANY;
      }
      case DIV ->
          kind(x.get(0)) == Kind.ZERO && !Expressions.uses(x.get(1), axis) ? Kind.ZERO : Kind.ANY;
      case SUB ->
          kind(x.get(0)) == Kind.LOWEST && isMaximum(x.get(1), x.get(0)) ? Kind.LOWEST : Kind.ANY;
      case TO_F32, TO_F64, TO_BF16, TO_F16 ->
          x.getFirst().dtype().isFloat() ? kind(x.getFirst()) : Kind.ANY;
      default -> Kind.ANY;
    };
  }

  private Kind select(List<Scalar> x) {
    Optional<Boolean> truth = truth(x.getFirst());
    if (truth.isPresent()) {
      return kind(x.get(truth.get() ? 1 : 2));
    }
    Kind one = kind(x.get(1));
    return one == kind(x.get(2)) ? one : Kind.ANY;
  }

  private static boolean isPositive(Scalar s) {
    return s instanceof Scalar.Literal l && l.value() > 0 && l.value() < Double.POSITIVE_INFINITY;
  }

  /** Returns true if {@code m} is the maximum of {@code x} along the axis. */
  private boolean isMaximum(Scalar m, Scalar x) {
    if (!(m instanceof Scalar.Local l) || Expressions.uses(m, axis)) {
      return false;
    }
    Stage s = writers.get(l.number());
    if (s.reducer() != Reducer.MAX
        || s.reduction().size() != 1
        || s.reduction().getFirst().extent() != axis.extent()) {
      return false;
    }
    Map<Axis, Scalar> to = new HashMap<>(Map.of(s.reduction().getFirst(), Scalar.of(axis)));
    for (int i = 0; i < s.axes().size(); i++) {
      to.put(s.axes().get(i), l.index().get(i));
    }
    return MaskComparisons.replaced(s.value(), to).equals(x);
  }

  // Conditions.

  /** The truth of a condition wherever the axis is at or beyond the end, if one can tell. */
  private Optional<Boolean> truth(Scalar s) {
    if (!(s instanceof Scalar.Apply a)) {
      return Optional.empty();
    }
    List<Scalar> x = a.operands();
    return switch (a.function()) {
      case NOT -> truth(x.getFirst()).map(t -> !t);
      case AND, OR -> {
        boolean decides = a.function() == Function.OR;
        Optional<Boolean> one = truth(x.get(0));
        Optional<Boolean> other = truth(x.get(1));
        if (one.equals(Optional.of(decides)) || other.equals(Optional.of(decides))) {
          yield Optional.of(decides);
        }
        yield one.isPresent() && other.isPresent() ? one : Optional.empty();
      }
      case LT, LE, EQ, NE -> {
        Optional<MaskComparisons.Comparison> c = ends.comparison(a, axis);
        yield c.filter(b -> b.decidedFrom(end)).map(MaskComparisons.Comparison::then);
      }
      default -> Optional.empty();
    };
  }
}
