package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A sum of which a guard lets every s-th element count, as a sum of those alone. The gradient of a
 * convolution of stride s, which is also the convolution of an upsampled image, is one:
 *
 * <pre>
 * for y:       sum k &lt; K:       (y + c - k) mod s = 0 ? g[(y + c - k) / s] · w[k]
 * for i, a:    sum u &lt; ⌈K / s⌉: g[i + ⌊(a + c) / s⌋ - u] · w[s u + (a + c) mod s]       y = s i + a
 * </pre>
 *
 * <p>The phase a is an axis like others: both factors have it where the padding c is no multiple of
 * s, so that a target computes s products side by side. Where K is no multiple of s, the last tap
 * is guarded.
 */
final class Phases {
  private final Scalar position;
  private final Affine affine;
  private final int s;
  private final Axis space;
  private final Axis tap;
  private final Axis outer;
  private final Axis phase;
  private final Axis step;
  private final Scalar spaceIndex;
  private final Scalar tapIndex;
  private final Scalar quotient;

  private Phases(Scalar position, int s, Axis space, Axis tap, int free) {
    this.position = position;
    this.s = s;
    this.space = space;
    this.tap = tap;
    affine = Affine.of(position);
    long c = affine.constant();
    outer = new Axis(free, space.extent() / s);
    phase = new Axis(free + 1, s);
    step = new Axis(free + 2, Math.ceilDiv(tap.extent(), s));
    // With two phases, the other one is 1 - a; with more, c is a multiple of s.
    boolean odd = c % s != 0;
    Scalar rest = odd ? Scalar.i32(1).minus(Scalar.of(phase)) : Scalar.of(phase);
    Scalar carried = Scalar.i32(Math.floorDiv(c, s));
    spaceIndex = Scalar.of(outer).times(Scalar.i32(s)).plus(Scalar.of(phase));
    tapIndex = Scalar.of(step).times(Scalar.i32(s)).plus(rest);
    quotient =
        Scalar.of(outer)
            .minus(Scalar.of(step))
            .plus(odd ? carried.plus(Scalar.of(phase)) : carried);
  }

  /** The kernel without conditions on remainders, where it is of that form; else as it is. */
  static Kernel of(Kernel kernel) {
    Kernel k = kernel;
    for (Optional<Phases> p = find(k); p.isPresent(); p = find(k)) {
      k = p.get().apply(k);
    }
    return k;
  }

  private static Optional<Phases> find(Kernel k) {
    if (k.stages().size() != 1 || k.stages().getFirst().reducer() != Reducer.SUM) {
      return Optional.empty();
    }
    Stage stage = k.stages().getFirst();
    for (Scalar.Load l : Expressions.loadsOf(stage.value())) {
      for (Scalar condition : conjuncts(l.guard())) {
        Optional<Phases> p = of(condition, k, stage);
        if (p.isPresent()) {
          return p;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Phases> of(Scalar condition, Kernel k, Stage stage) {
    Optional<Scalar.Apply> remainder = remainder(condition);
    if (remainder.isEmpty()) {
      return Optional.empty();
    }
    Scalar position = remainder.get().operands().getFirst();
    int s = modulus(remainder.get());
    Affine p = Affine.of(position);
    Axis space = null;
    Axis tap = null;
    for (Map.Entry<Axis, Long> e : p.strides().entrySet()) {
      if (e.getValue() == 1 && k.space().contains(e.getKey())) {
        space = e.getKey();
      } else if (e.getValue() == -1 && stage.reduction().contains(e.getKey())) {
        tap = e.getKey();
      }
    }
    boolean fits =
        p.isPure()
            && p.strides().size() == 2
            && space != null
            && tap != null
            && space.extent() % s == 0
            && (s == 2 || p.constant() % s == 0);
    return fits ? Optional.of(new Phases(position, s, space, tap, k.freeAxis())) : Optional.empty();
  }

  /** Of how many positions of a kernel's loops one counts, by conditions on remainders. */
  static long skipped(Scalar value) {
    long skipped = 1;
    for (Scalar.Load l : Expressions.loadsOf(value)) {
      long here = 1;
      for (Scalar condition : conjuncts(l.guard())) {
        here *= remainder(condition).map(Phases::modulus).orElse(1);
      }
      skipped = Math.max(skipped, here);
    }
    return skipped;
  }

  private static List<Scalar> conjuncts(Optional<Scalar> guard) {
    List<Scalar> found = new ArrayList<>();
    guard.ifPresent(g -> collect(g, found));
    return found;
  }

  private static void collect(Scalar guard, List<Scalar> found) {
    if (guard instanceof Scalar.Apply a && a.function() == Function.AND) {
      a.operands().forEach(o -> collect(o, found));
    } else {
      found.add(guard);
    }
  }

  /** The remainder by a constant that a condition says to be 0. */
  private static Optional<Scalar.Apply> remainder(Scalar condition) {
    return condition instanceof Scalar.Apply e
            && e.function() == Function.EQ
            && e.operands().getLast() instanceof Scalar.Literal zero
            && zero.value() == 0
            && e.operands().getFirst() instanceof Scalar.Apply m
            && m.function() == Function.MOD
            && m.operands().getLast() instanceof Scalar.Literal
        ? Optional.of(m)
        : Optional.empty();
  }

  private static int modulus(Scalar.Apply remainder) {
    return (int) ((Scalar.Literal) remainder.operands().getLast()).value();
  }

  private Kernel apply(Kernel k) {
    Stage stage = k.stages().getFirst();
    List<Axis> axes = new ArrayList<>(k.space());
    int at = axes.indexOf(space);
    axes.set(at, outer);
    axes.add(at + 1, phase);
    List<Axis> reduction = new ArrayList<>(stage.reduction());
    reduction.set(reduction.indexOf(tap), step);
    Stage.Target target =
        stage.target() instanceof Stage.Target.Store(int buffer, Scalar index)
            ? new Stage.Target.Store(buffer, rewritten(index))
            : stage.target();
    return new Kernel(
        k.name(),
        k.buffers(),
        axes,
        List.of(
            new Stage(target, stage.axes(), reduction, stage.reducer(), rewritten(stage.value()))));
  }

  private Scalar rewritten(Scalar value) {
    return switch (value) {
      case Scalar.AxisIndex(Axis a) ->
          a.equals(space) ? spaceIndex : a.equals(tap) ? tapIndex : value;
      case Scalar.Load l -> load(l);
      case Scalar.Apply a when a.function() == Function.DIV && isPosition(a) -> quotient;
      case Scalar _ -> value.withChildren(value.children().stream().map(this::rewritten).toList());
    };
  }

  /** Returns true if the position is divided by s, or taken modulo s. */
  private boolean isPosition(Scalar.Apply a) {
    return a.dtype() == DType.I32
        && a.operands().getLast().equals(Scalar.i32(s))
        && (a.operands().getFirst().equals(position)
            || Affine.of(a.operands().getFirst()).equals(affine));
  }

  private Scalar load(Scalar.Load l) {
    List<Scalar> conditions = new ArrayList<>();
    boolean divided = false;
    for (Scalar c : conjuncts(l.guard())) {
      if (remainder(c).filter(this::isPosition).isPresent()) {
        divided = true;
      } else {
        conditions.add(rewritten(c));
      }
    }
    boolean beyond = tap.extent() % s != 0 && !divided && Expressions.uses(l, tap);
    if (beyond) {
      conditions.add(Scalar.apply(Function.LT, tapIndex, Scalar.i32(tap.extent())));
    }
    List<Scalar> index = l.index().stream().map(this::rewritten).toList();
    Optional<Scalar> guard = conditions.stream().reduce((x, y) -> Scalar.apply(Function.AND, x, y));
    return new Scalar.Load(l.operand(), l.dtype(), index, guard, l.otherwise());
  }
}
