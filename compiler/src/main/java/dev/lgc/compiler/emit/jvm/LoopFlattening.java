package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SegmentedSum;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Flattens innermost loops that are shorter than a vector into the loops around them, where what
 * they write is dense: what is read is then a {@link LanePattern}.
 *
 * <p>Before: {@code a < 32, b < 2: y[2 a + b] = x[2 a - b + 1]}. After: {@code c < 64: y[c] = x[(c
 * div 2) · 2 - c mod 2 + 1]}.
 */
final class LoopFlattening {
  private final Axis outer;
  private final Axis inner;
  private final Axis flat;
  private final Map<Scalar, Scalar> known = new IdentityHashMap<>();

  private LoopFlattening(Axis outer, Axis inner, int number) {
    this.outer = outer;
    this.inner = inner;
    this.flat = new Axis(number, outer.extent() * inner.extent());
  }

  /** The kernel with short loops flattened; itself, if it has none. */
  static Kernel flattened(Kernel kernel, int width) {
    for (int i = 0; i < kernel.stages().size(); i++) {
      if (SegmentedSum.of(kernel, i, null).isPresent()) {
        return kernel;
      }
    }
    Kernel k = kernel;
    for (Optional<Kernel> next = space(k, width); next.isPresent(); next = space(k, width)) {
      k = next.get();
    }
    for (int i = 0; i < k.stages().size(); i++) {
      for (Optional<Kernel> next = stage(k, i, width);
          next.isPresent();
          next = stage(k, i, width)) {
        k = next.get();
      }
    }
    return k;
  }

  private static Optional<Kernel> space(Kernel k, int width) {
    return of(k, k.space(), width)
        .filter(s -> k.stages().stream().allMatch(s::isDense))
        .map(s -> new Kernel(k.name(), k.buffers(), s.loops(k.space()), s.stages(k.stages())));
  }

  private static Optional<Kernel> stage(Kernel k, int number, int width) {
    Stage stage = k.stages().get(number);
    if (stage.bound().isPresent() || stage.target() instanceof Stage.Target.Scratch) {
      return Optional.empty();
    }
    Optional<LoopFlattening> axes = of(k, stage.axes(), width).filter(s -> s.isDense(stage));
    Optional<LoopFlattening> loops = axes.or(() -> of(k, stage.reduction(), width));
    return loops.map(
        s -> {
          List<Stage> stages = new ArrayList<>(k.stages());
          stages.set(number, s.stage(stage, axes.isPresent()));
          return new Kernel(k.name(), k.buffers(), k.space(), stages);
        });
  }

  /** The last two of some loops, if they are to be flattened. */
  private static Optional<LoopFlattening> of(Kernel k, List<Axis> loops, int width) {
    if (loops.size() < 2) {
      return Optional.empty();
    }
    Axis outer = loops.get(loops.size() - 2);
    Axis inner = loops.getLast();
    boolean isShort = inner.extent() < width && Integer.bitCount(inner.extent()) == 1;
    return isShort && (long) outer.extent() * inner.extent() <= Integer.MAX_VALUE
        ? Optional.of(new LoopFlattening(outer, inner, k.freeAxis()))
        : Optional.empty();
  }

  /** Returns true if the place a stage writes to does not tell the loops apart. */
  private boolean isDense(Stage s) {
    return !(s.target() instanceof Stage.Target.Store(int _, Scalar index))
        || isOne(Affine.of(index));
  }

  private boolean isOne(Affine index) {
    return index.stride(outer) == index.stride(inner) * inner.extent()
        && index.rest().stream()
            .noneMatch(p -> Expressions.uses(p.term(), outer) || Expressions.uses(p.term(), inner));
  }

  private List<Axis> loops(List<Axis> old) {
    List<Axis> loops = new ArrayList<>(old.subList(0, old.size() - 2));
    loops.add(flat);
    return loops;
  }

  private List<Stage> stages(List<Stage> old) {
    return old.stream().map(s -> rewrite(s, s.axes(), s.reduction())).toList();
  }

  private Stage stage(Stage s, boolean axes) {
    return rewrite(
        s, axes ? loops(s.axes()) : s.axes(), axes ? s.reduction() : loops(s.reduction()));
  }

  private Stage rewrite(Stage s, List<Axis> axes, List<Axis> reduction) {
    Stage.Target target =
        s.target() instanceof Stage.Target.Store(int buffer, Scalar index)
            ? new Stage.Target.Store(buffer, rewrite(index))
            : s.target();
    return new Stage(target, axes, reduction, s.reducer(), rewrite(s.value()), s.bound());
  }

  private Scalar rewrite(Scalar s) {
    Scalar r = known.get(s);
    if (r == null) {
      r = rewritten(s);
      known.put(s, r);
    }
    return r;
  }

  private Scalar rewritten(Scalar s) {
    boolean sum =
        s.dtype() == DType.I32 && (s instanceof Scalar.AxisIndex || s instanceof Scalar.Apply);
    if (sum) {
      Affine at = Affine.of(s);
      long stride = at.stride(inner);
      if (stride != 0 && at.stride(outer) == stride * inner.extent()) {
        return sum(at, stride);
      }
    }
    if (s instanceof Scalar.AxisIndex(Axis a)) {
      Scalar length = Scalar.i32(inner.extent());
      return a.equals(outer)
          ? Scalar.of(flat).over(length)
          : a.equals(inner) ? Scalar.apply(Function.MOD, Scalar.of(flat), length) : s;
    }
    return s.children().isEmpty()
        ? s
        : s.withChildren(s.children().stream().map(this::rewrite).toList());
  }

  private Scalar sum(Affine at, long stride) {
    Scalar sum = times(Scalar.of(flat), stride);
    for (Map.Entry<Axis, Long> e : at.strides().entrySet()) {
      if (!e.getKey().equals(outer) && !e.getKey().equals(inner)) {
        sum = times(Scalar.of(e.getKey()), e.getValue()).plus(sum);
      }
    }
    for (Affine.Part p : at.rest()) {
      sum = times(rewrite(p.term()), p.factor()).plus(sum);
    }
    return at.constant() == 0 ? sum : sum.plus(Scalar.i32(at.constant()));
  }

  private static Scalar times(Scalar s, long factor) {
    return factor == 1 ? s : s.times(Scalar.i32(factor));
  }
}
