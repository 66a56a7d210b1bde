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
 */
final class Canonical {
  private final Map<Integer, Axis> axes = new HashMap<>();
  private final Map<Integer, Integer> buffers = new LinkedHashMap<>();

  private Canonical() {}

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

  /** The same call with one buffer wherever two are bound to the same memory. */
  static FusedCall merging(FusedCall call, List<?> memory) {
    Kernel k = call.kernel();
    int[] first = new int[memory.size()];
    List<Buffer> formal = new ArrayList<>(k.buffers());
    for (int i = 0; i < first.length; i++) {
      first[i] = memory.indexOf(memory.get(i));
      Buffer b = formal.get(first[i]);
      if (b.access() != k.buffers().get(i).access()) {
        formal.set(first[i], new Buffer(b.dtype(), b.elements(), Buffer.Access.READ_WRITE));
      }
    }
    List<Stage> stages = new ArrayList<>();
    for (Stage s : k.stages()) {
      Stage t = Coalesce.rewrite(s, x -> renumber(x, first));
      if (t.target() instanceof Stage.Target.Store(int buffer, Scalar index)) {
        t =
            new Stage(
                new Stage.Target.Store(first[buffer], index),
                t.axes(),
                t.reduction(),
                t.reducer(),
                t.value(),
                t.bound());
      }
      stages.add(t);
    }
    return of(
        new FusedCall(
            new Kernel(k.name(), formal, k.space(), stages),
            call.bindings(),
            call.stored(),
            call.origin(),
            call.label()));
  }

  private static Scalar renumber(Scalar s, int[] to) {
    Scalar t = s.withChildren(s.children().stream().map(c -> renumber(c, to)).toList());
    return t instanceof Scalar.Load l
        ? new Scalar.Load(to[l.operand()], l.dtype(), l.index(), l.guard(), l.otherwise())
        : t;
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
