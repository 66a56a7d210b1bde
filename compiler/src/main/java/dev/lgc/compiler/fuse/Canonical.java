package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Numbers axes and buffers in order of first use, so that kernels that do the same are equal but
 * for their names.
 *
 * <p>In: {@code a3: b2[a3] = b0[a3] * 2}. Out: {@code a0: b1[a0] = b0[a0] * 2}.
 */
final class Canonical {
  private final Map<Integer, Axis> axes = new HashMap<>();
  private final Map<Integer, Integer> buffers = new LinkedHashMap<>();

  private Canonical() {}

  /** The same call, with its kernel in canonical form and its bindings in that order. */
  static FusedCall of(FusedCall call) {
    Canonical c = new Canonical();
    Kernel k = call.kernel();
    List<Axis> space = c.axes(k.space());
    List<Stage> stages = new ArrayList<>(k.stages().size());
    for (Stage s : k.stages()) {
      List<Axis> inner = c.axes(s.axes());
      List<Axis> over = c.axes(s.reduction());
      Scalar value = c.scalar(s.value());
      Stage.Target target = s.target();
      if (target instanceof Stage.Target.Store(int buffer, Scalar index)) {
        target = new Stage.Target.Store(c.buffer(buffer), c.scalar(index));
      }
      Optional<Stage.Bound> bound = s.bound().map(c::bound);
      stages.add(new Stage(target, inner, over, s.reducer(), value, bound));
    }
    List<Buffer> formal = new ArrayList<>();
    List<Integer> bindings = new ArrayList<>();
    for (int old : c.buffers.keySet()) {
      formal.add(k.buffers().get(old));
      bindings.add(call.bindings().get(old));
    }
    return new FusedCall(
        new Kernel(k.name(), formal, space, stages),
        bindings,
        call.stored(),
        call.origin(),
        call.label());
  }

  private List<Axis> axes(List<Axis> old) {
    List<Axis> fresh = new ArrayList<>(old.size());
    for (Axis a : old) {
      fresh.add(axes.computeIfAbsent(a.number(), n -> new Axis(axes.size(), a.extent())));
    }
    return fresh;
  }

  private Stage.Bound bound(Stage.Bound b) {
    return new Stage.Bound(axes.get(b.axis().number()), scalar(b.end()));
  }

  private int buffer(int old) {
    return buffers.computeIfAbsent(old, b -> buffers.size());
  }

  private Scalar scalar(Scalar s) {
    if (s instanceof Scalar.AxisIndex i) {
      return Scalar.of(axes.get(i.axis().number()));
    }
    List<Scalar> old = s.children();
    List<Scalar> children = new ArrayList<>(old.size());
    for (Scalar c : old) {
      children.add(scalar(c));
    }
    Scalar t = s.withChildren(children);
    return t instanceof Scalar.Load l
        ? new Scalar.Load(buffer(l.operand()), l.dtype(), l.index(), l.guard(), l.otherwise())
        : t;
  }
}
