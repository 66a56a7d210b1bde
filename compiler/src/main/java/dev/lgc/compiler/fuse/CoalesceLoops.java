package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Joins neighbouring loops that every index treats as one.
 *
 * <p>Before: {@code a < 8, b < 64: y[64 a + b] = x[64 a + b]}. After: {@code c < 512: y[c] = x[c]}.
 *
 * <p>No loop has a bound yet: {@link DynamicBounds} comes later.
 */
final class CoalesceLoops {
  private final List<Axis> space;
  private final List<Stage> stages;
  private int next;

  private CoalesceLoops(Kernel k) {
    space = new ArrayList<>(k.space());
    stages = new ArrayList<>(k.stages());
    next = k.freeAxis();
  }

  static Kernel of(Kernel k) {
    CoalesceLoops c = new CoalesceLoops(k);
    List<QuasiAffine> all = new ArrayList<>();
    c.stages.forEach(s -> sums(s, all));
    c.space(all);
    for (int i = 0; i < c.stages.size(); i++) {
      c.stage(i);
    }
    return new Kernel(k.name(), k.buffers(), c.space, c.stages);
  }

  private void space(List<QuasiAffine> all) {
    List<QuasiAffine> sums = all;
    for (int i = space.size() - 2; i >= 0; i--) {
      Optional<Axis> joined = joined(space.get(i), space.get(i + 1), sums);
      if (joined.isPresent()) {
        Substitution s = joining(space.get(i), space.get(i + 1), joined.get());
        stages.replaceAll(st -> rewrite(st, s::value));
        space.set(i, joined.get());
        space.remove(i + 1);
        List<QuasiAffine> again = new ArrayList<>();
        stages.forEach(st -> sums(st, again));
        sums = again;
      }
    }
  }

  private void stage(int n) {
    for (boolean reduction : new boolean[] {false, true}) {
      if (!reduction && stages.get(n).target() instanceof Stage.Target.Scratch) {
        // Its loops are its dimensions.
        continue;
      }
      for (int i = loops(n, reduction).size() - 2; i >= 0; i--) {
        List<Axis> loops = loops(n, reduction);
        List<QuasiAffine> sums = new ArrayList<>();
        sums(stages.get(n), sums);
        Optional<Axis> joined = joined(loops.get(i), loops.get(i + 1), sums);
        if (joined.isPresent()) {
          Stage old =
              rewrite(stages.get(n), joining(loops.get(i), loops.get(i + 1), joined.get())::value);
          List<Axis> left = new ArrayList<>(loops);
          left.set(i, joined.get());
          left.remove(i + 1);
          stages.set(
              n,
              new Stage(
                  old.target(),
                  reduction ? old.axes() : left,
                  reduction ? left : old.reduction(),
                  old.reducer(),
                  old.value()));
        }
      }
    }
  }

  private List<Axis> loops(int stage, boolean reduction) {
    return reduction ? stages.get(stage).reduction() : stages.get(stage).axes();
  }

  /** Two neighbouring loops as one, if every index treats them as one. */
  private Optional<Axis> joined(Axis a, Axis b, List<QuasiAffine> sums) {
    if ((long) a.extent() * b.extent() > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    Scalar x = Scalar.of(a);
    Scalar y = Scalar.of(b);
    for (QuasiAffine l : sums) {
      if (l.factorOf(x) != l.factorOf(y) * b.extent()) {
        return Optional.empty();
      }
    }
    return Optional.of(new Axis(next++, a.extent() * b.extent()));
  }

  private static Substitution joining(Axis a, Axis b, Axis joined) {
    return Substitution.inKernel()
        .put(a, QuasiAffine.ZERO)
        .put(b, QuasiAffine.atom(Scalar.of(joined)));
  }

  static Stage rewrite(Stage s, UnaryOperator<Scalar> f) {
    Stage.Target t =
        s.target() instanceof Stage.Target.Store(int buffer, Scalar index)
            ? new Stage.Target.Store(buffer, f.apply(index))
            : s.target();
    return new Stage(
        t,
        s.axes(),
        s.reduction(),
        s.reducer(),
        f.apply(s.value()),
        s.bound().map(b -> new Stage.Bound(b.axis(), f.apply(b.end()))));
  }

  private static void sums(Stage s, List<QuasiAffine> out) {
    sums(s.value(), out);
    if (s.target() instanceof Stage.Target.Store store) {
      sums(store.index(), out);
    }
  }

  /** The largest I32 sums in a scalar, and those inside their atoms. */
  private static void sums(Scalar s, List<QuasiAffine> out) {
    boolean sum =
        s.dtype() == DType.I32 && (s instanceof Scalar.Apply || s instanceof Scalar.AxisIndex);
    if (!sum) {
      s.children().forEach(c -> sums(c, out));
      return;
    }
    QuasiAffine l = QuasiAffine.of(s);
    out.add(l);
    for (int i = 0; i < l.size(); i++) {
      l.atom(i).children().forEach(c -> sums(c, out));
    }
  }
}
