package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Matches;
import dev.lgc.compiler.kernel.Stage;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Rough costs of a kernel's loops, in instructions: enough to rank choices, nothing more. */
final class Cost {
  /** Calling a method for a stage, with its loops' beginnings and ends. */
  private static final double CALL = 30;

  private final Kernel kernel;
  private final int width;
  private final boolean masks;
  private final Expressions terms = new Expressions();

  /** What a choice for one stage costs over the whole kernel. */
  record Choice(Optional<Axis> axis, double cost) {}

  Cost(Kernel kernel, int width, boolean masks) {
    this.kernel = kernel;
    this.width = width;
    this.masks = masks;
  }

  private double points() {
    return Axis.positions(kernel.space());
  }

  private double trips(Stage s) {
    int number = kernel.stages().indexOf(s);
    double visited =
        Matches.of(kernel, number, null).isPresent() ? 4 : Axis.positions(s.reduction());
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
    Map<Scalar, Boolean> done = new IdentityHashMap<>();
    double c = count(terms.unique(s.value()), axis, varying, done);
    if (s.target() instanceof Stage.Target.Store(_, Scalar index)) {
      c += access(terms.unique(index), axis, varying, false);
    }
    return c + 1;
  }

  private double count(Scalar s, Axis axis, Set<Integer> varying, Map<Scalar, Boolean> done) {
    if (done.put(s, true) != null) {
      return 0;
    }
    boolean vector = axis != null && varies(s, axis, varying);
    return switch (s) {
      case Scalar.Literal _, Scalar.AxisIndex _ -> 0;
      case Scalar.Load l ->
          access(l.index().getFirst(), axis, varying, l.guard().isPresent() && vector)
              + l.guard().map(g -> count(g, axis, varying, done)).orElse(0.0);
      case Scalar.Local l ->
          l.index().isEmpty()
              ? 0
              : varying.contains(l.number())
                  ? 1
                  : access(
                      terms.unique(
                          Expressions.linear(
                              l.index(),
                              ScratchLayout.of(kernel, false, 1)
                                  .targets()
                                  .get(l.number())
                                  .extents())),
                      axis,
                      varying,
                      false);
      case Scalar.Uniform u -> (vector ? width * 6 : 25) + count(u.index(), axis, varying, done);
      case Scalar.Apply a -> {
        double c = 0;
        for (Scalar o : a.operands()) {
          c += count(o, axis, varying, done);
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
    if (!VectorFunctions.supports(f, Evaluator.inputType(a), a.dtype())) {
      return width * (scalar + 4);
    }
    return switch (f) {
      case EXP, LOG, TANH, SIN, COS -> 20;
      case DIV, MOD, SQRT -> a.dtype().isFloat() ? 10 : 40;
      default -> 1;
    };
  }

  /** A load or store. */
  private double access(Scalar index, Axis axis, Set<Integer> varying, boolean masked) {
    if (axis == null) {
      return 1;
    }
    Affine at = Affine.of(index);
    boolean parts = at.rest().stream().anyMatch(p -> varies(terms.unique(p.term()), axis, varying));
    if (parts || at.stride(axis) != 0 && at.stride(axis) != 1) {
      return width * 3;
    }
    return masked && !masks ? width * 3 : 1;
  }
}
