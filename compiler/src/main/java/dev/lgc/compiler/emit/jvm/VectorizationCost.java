package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SegmentedSum;
import dev.lgc.compiler.kernel.Stage;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Rough costs of a kernel's loops, in instructions: enough to rank choices, nothing more. */
final class VectorizationCost {
  /** Calling a method for a stage, with its loops' beginnings and ends. */
  private static final double CALL = 30;

  /** Reaching one lane's element, where memory is not in lane order. */
  private static final double ONE_BY_ONE = 3;

  private final Kernel kernel;
  private final int width;
  private final boolean masks;
  private final ScratchLayout scratch;
  private final Expressions terms = new Expressions();

  /** A choice for one stage, and what it costs over the whole kernel. */
  record Choice(Optional<Axis> axis, double cost) {}

  VectorizationCost(Kernel kernel, int width, boolean masks) {
    this.kernel = kernel;
    this.width = width;
    this.masks = masks;
    this.scratch = ScratchLayout.of(kernel, false, 1);
  }

  private double points() {
    return Axis.positions(kernel.space());
  }

  private double trips(Stage s) {
    int number = kernel.stages().indexOf(s);
    double visited =
        SegmentedSum.of(kernel, number, null).isPresent() ? 4 : Axis.positions(s.reduction());
    return points() * Axis.positions(s.axes()) * visited;
  }

  double scalar() {
    return kernel.stages().stream().mapToDouble(s -> trips(s) * perElement(s, null, Set.of())).sum()
        + points();
  }

  /** The calls of all stages at all points. */
  double calls() {
    return points() * kernel.stages().size() * CALL;
  }

  /** Vectors along an axis of the space. */
  double space(Axis axis) {
    Set<Integer> varying = new HashSet<>();
    double sum = 0;
    for (Stage s : kernel.stages()) {
      Scalar value = terms.unique(s.value());
      int number = number(s.target());
      if (number >= 0
          && (s.target() instanceof Stage.Target.Scratch || varies(value, axis, varying))) {
        varying.add(number);
      }
      sum += trips(s) / efficiency(axis) * perElement(s, axis, varying);
    }
    return sum + points() / axis.extent() * CALL;
  }

  /** The best axis of a stage, or none. */
  Choice inner(Stage s) {
    Choice best = new Choice(Optional.empty(), trips(s) * perElement(s, null, Set.of()));
    for (Axis axis : s.axes()) {
      best = better(best, s, axis, 0);
    }
    for (Axis axis : s.reduction()) {
      double joins = trips(s) / axis.extent() * 10;
      best = better(best, s, axis, joins);
    }
    return best;
  }

  private Choice better(Choice best, Stage s, Axis axis, double extra) {
    double c = trips(s) / efficiency(axis) * perElement(s, axis, Set.of()) + extra;
    return c < best.cost ? new Choice(Optional.of(axis), c) : best;
  }

  /** Lanes in use on average. */
  private double efficiency(Axis axis) {
    return (double) axis.extent() / Math.ceilDiv(axis.extent(), width);
  }

  private static int number(Stage.Target t) {
    return switch (t) {
      case Stage.Target.Local l -> l.number();
      case Stage.Target.Scratch s -> s.number();
      case Stage.Target.Store _ -> -1;
    };
  }

  private boolean varies(Scalar s, Axis axis, Set<Integer> varying) {
    return terms.axes(s).contains(axis) || terms.locals(s).stream().anyMatch(varying::contains);
  }

  /**
   * Instructions of one evaluation of a stage: of an element, or of a vector when {@code axis} is
   * given.
   */
  private double perElement(Stage s, Axis axis, Set<Integer> varying) {
    LanePatterns lanes =
        axis == null ? null : new LanePatterns(terms, axis, width, varying::contains);
    double c = count(terms.unique(s.value()), lanes, new IdentityHashMap<>());
    if (s.target() instanceof Stage.Target.Store(int _, Scalar index)) {
      boolean together =
          lanes == null
              || lanes
                  .of(terms.unique(index))
                  .filter(VectorizationCost::isDenseOrUniform)
                  .isPresent();
      c += together ? 1 : ONE_BY_ONE * width;
    }
    return c + 1;
  }

  /**
   * @param lanes of the vector; null for one element
   */
  private double count(Scalar s, LanePatterns lanes, Map<Scalar, Boolean> done) {
    if (done.put(s, true) != null) {
      return 0;
    }
    boolean vector = lanes != null && lanes.varies(s) && !lanes.isUniform(s);
    return switch (s) {
      case Scalar.Literal _, Scalar.AxisIndex _ -> 0;
      case Scalar.Load l -> {
        Scalar index = l.index().getFirst();
        boolean masked =
            vector
                && l.guard().flatMap(lanes::of).filter(LanePattern::isConstant).isEmpty()
                && l.guard().filter(g -> !lanes.isUniform(g)).isPresent();
        long elements = kernel.buffers().get(l.operand()).elements();
        yield access(index, vector ? lanes : null, masked, elements)
            + l.guard().map(g -> count(g, lanes, done)).orElse(0.0);
      }
      case Scalar.Local l when l.index().isEmpty() -> 0;
      case Scalar.Local l -> {
        Stage.Target.Scratch from = scratch.targets().get(l.number());
        boolean perLane = vector && lanes.varies(l.number());
        Scalar index = terms.unique(Expressions.linear(l.index(), from.extents()));
        yield access(index, vector && !perLane ? lanes : null, false, from.elements());
      }
      case Scalar.Uniform u -> (vector ? width * 6 : 25) + count(u.index(), lanes, done);
      case Scalar.Apply a when vector && !a.dtype().isFloat() && lanes.of(a).isPresent() -> 1;
      case Scalar.Apply a -> {
        double c = 0;
        for (Scalar o : a.operands()) {
          c += count(o, lanes, done);
        }
        yield c + function(a, vector);
      }
    };
  }

  private double function(Scalar.Apply a, boolean vector) {
    Function f = a.function();
    double scalar =
        switch (f) {
          case EXP, LOG, TANH, SIN, COS, POW -> 40;
          case DIV, MOD, SQRT -> a.dtype().isFloat() ? 5 : 8;
          default -> 1;
        };
    if (!vector) {
      return scalar;
    }
    if (!VectorFunctions.supports(f, ScalarFunctions.inputType(a), a.dtype())) {
      return width * (scalar + 4);
    }
    return switch (f) {
      case EXP, LOG, TANH, SIN, COS -> 20;
      case DIV, MOD, SQRT -> a.dtype().isFloat() ? 10 : 40;
      default -> 1;
    };
  }

  private static boolean isDenseOrUniform(LanePattern p) {
    return p.isDense() || p.isUniform();
  }

  /**
   * A load.
   *
   * @param lanes of a vector of different elements; null for one element
   * @param masked whether which lanes count is known only when the code runs
   */
  private double access(Scalar index, LanePatterns lanes, boolean masked, long elements) {
    if (lanes == null) {
      return 1;
    }
    Optional<LanePattern> at = lanes.of(index);
    if (at.filter(VectorizationCost::isDenseOrUniform).isPresent()) {
      return masked && !masks ? ONE_BY_ONE * width : 1;
    }
    return at.filter(_ -> !masked)
        .flatMap(p -> GatherWindows.of(p, Lane.first(width), elements))
        .map(w -> 3.0 * w.starts().size() - 1)
        .orElse(ONE_BY_ONE * width);
  }
}
