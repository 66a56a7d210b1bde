package dev.lgc.compiler.plan.artifact;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.CollectiveCall;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A plan as bytes; see the package. */
final class PlanWriter {
  static final String MAGIC = "LGCP";

  private final ByteWriter out = new ByteWriter();

  private PlanWriter() {}

  static byte[] write(ExecutionPlan plan) {
    PlanWriter w = new PlanWriter();
    w.plan(plan);
    return w.out.finish(MAGIC, Artifact.VERSION);
  }

  private void plan(ExecutionPlan p) {
    out.string(p.model());
    out.list(
        p.storage(),
        s -> {
          if (s.part().isPresent()) {
            throw new IllegalArgumentException(s.name() + " is stored in parts on several ranks");
          }
          out.string(s.path()).of(s.role());
          slot(s.slot());
          out.of(s.layout());
        });
    for (Arena a : Arena.values()) {
      out.number(p.bytes(a));
    }
    out.list(
        p.constants(),
        c -> {
          slot(c.slot());
          for (double v : c.values()) {
            out.value(c.slot().type().dtype(), v);
          }
        });
    out.list(p.kernels(), this::kernel);
    out.list(p.steps().values(), this::step);
  }

  private void slot(Slot s) {
    out.of(s.arena()).number(s.offset()).type(s.type());
  }

  private void step(Step s) {
    out.string(s.name());
    named(s.inputs());
    named(s.outputs());
    out.number(s.workBytes()).list(s.calls(), this::call);
  }

  private void named(Map<String, Slot> slots) {
    out.list(
        slots.entrySet(),
        e -> {
          out.string(e.getKey());
          slot(e.getValue());
        });
  }

  private void call(Call c) {
    switch (c) {
      case KernelCall k -> out.number(0).number(k.kernel()).list(k.slots(), this::slot);
      case CollectiveCall k -> {
        out.number(kind(k.op())).number(k.op().group().size()).number(k.op().group().stride());
        out.list(k.from(), this::slot).list(k.to(), this::slot);
      }
    }
    Origin o = c.origin();
    out.place(o.where()).string(o.module()).string(o.derivation()).string(c.label());
  }

  private static int kind(Collective op) {
    return switch (op) {
      case AllGather _ -> 1;
      case AllReduce _ -> 2;
      case ReduceScatter _ -> 3;
    };
  }

  private void kernel(Kernel k) {
    out.string(k.name());
    out.list(k.buffers(), b -> out.of(b.dtype()).number(b.elements()).of(b.access()));
    axes(k.space());
    Map<Scalar, Integer> numbers = new HashMap<>();
    List<Scalar> scalars = new ArrayList<>();
    for (Stage s : k.stages()) {
      number(s.value(), numbers, scalars);
      if (s.target() instanceof Stage.Target.Store t) {
        number(t.index(), numbers, scalars);
      }
      s.bound().ifPresent(b -> number(b.end(), numbers, scalars));
    }
    out.list(scalars, s -> scalar(s, numbers));
    out.list(k.stages(), s -> stage(s, numbers));
  }

  private void axes(List<Axis> axes) {
    out.list(axes, a -> out.number(a.number()).number(a.extent()));
  }

  private static void number(Scalar s, Map<Scalar, Integer> numbers, List<Scalar> scalars) {
    if (!numbers.containsKey(s)) {
      s.children().forEach(c -> number(c, numbers, scalars));
      numbers.put(s, scalars.size());
      scalars.add(s);
    }
  }

  private void stage(Stage s, Map<Scalar, Integer> numbers) {
    switch (s.target()) {
      case Stage.Target.Local l -> out.number(0).number(l.number()).of(l.dtype());
      case Stage.Target.Scratch l -> {
        out.number(1).number(l.number()).of(l.dtype());
        out.list(l.extents(), d -> out.number(d));
      }
      case Stage.Target.Store t -> out.number(2).number(t.buffer()).number(numbers.get(t.index()));
    }
    axes(s.axes());
    axes(s.reduction());
    out.of(s.reducer()).number(numbers.get(s.value()));
    List<Stage.Bound> bound = s.bound().stream().toList();
    out.list(
        bound,
        b -> out.number(b.axis().number()).number(b.axis().extent()).number(numbers.get(b.end())));
  }

  private void scalar(Scalar s, Map<Scalar, Integer> numbers) {
    switch (s) {
      case Scalar.Literal l -> out.number(0).of(l.dtype()).value(l.dtype(), l.value());
      case Scalar.AxisIndex i -> out.number(1).number(i.axis().number()).number(i.axis().extent());
      case Scalar.Load l -> {
        out.number(l.guard().isPresent() ? 3 : 2).number(l.operand()).of(l.dtype());
        l.guard().ifPresent(g -> out.value(l.dtype(), l.otherwise()));
        out.list(l.children(), c -> out.number(numbers.get(c)));
      }
      case Scalar.Apply a -> {
        out.number(4).of(a.function()).of(a.dtype());
        a.operands().forEach(c -> out.number(numbers.get(c)));
      }
      case Scalar.Uniform u -> {
        out.number(5);
        u.children().forEach(c -> out.number(numbers.get(c)));
      }
      case Scalar.Local l -> {
        out.number(6).number(l.number()).of(l.dtype());
        out.list(l.index(), c -> out.number(numbers.get(c)));
      }
    }
  }
}
