package dev.lgc.compiler.plan.artifact;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelVerifier;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.CollectiveCall;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.compiler.rewrite.storage.TensorLayout;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Bytes, perhaps hostile, to a sound plan. */
final class PlanReader {
  /** No arena is larger. */
  private static final long MOST_BYTES = 1L << 46;

  private final ByteReader in;
  private final Map<Arena, Long> arenas = new EnumMap<>(Arena.class);

  private PlanReader(ByteReader in) {
    this.in = in;
  }

  static ExecutionPlan read(byte[] bytes) throws ArtifactException {
    try {
      PlanReader r = new PlanReader(new ByteReader("the plan", bytes, PlanWriter.MAGIC));
      ExecutionPlan plan = r.plan();
      r.in.end();
      r.check(plan);
      return plan;
    } catch (IllegalArgumentException | ArithmeticException e) {
      // What the records themselves refuse.
      throw new ArtifactException("the plan is not sound: " + e.getMessage(), e);
    }
  }

  private ExecutionPlan plan() throws ArtifactException {
    String model = in.string();
    List<StoredTensor> storage = in.list(this::stored);
    for (Arena a : Arena.values()) {
      long bytes = in.number();
      if (bytes > MOST_BYTES) {
        throw new ArtifactException("arena " + a + " of " + bytes + " bytes");
      }
      arenas.put(a, bytes);
    }
    List<ExecutionPlan.Constant> constants = in.list(this::constant);
    List<Kernel> kernels = in.list(this::kernel);
    Map<String, Step> steps = new LinkedHashMap<>();
    for (Step s : in.list(this::step)) {
      if (steps.put(s.name(), s) != null) {
        throw new ArtifactException("two steps named " + s.name());
      }
    }
    return new ExecutionPlan(model, storage, arenas, constants, kernels, steps);
  }

  private StoredTensor stored() throws ArtifactException {
    String path = in.string();
    StoredId id = StoredId.of(in.of(StoredId.Role.values()), path);
    return new StoredTensor(id, slot(), in.of(TensorLayout.values()));
  }

  private ExecutionPlan.Constant constant() throws ArtifactException {
    Slot s = slot();
    return new ExecutionPlan.Constant(s, in.values(s.type().dtype(), s.type().shape().elements()));
  }

  private Slot slot() throws ArtifactException {
    Arena arena = in.of(Arena.values());
    return new Slot(arena, in.number(), in.type());
  }

  private Step step() throws ArtifactException {
    String name = in.string();
    Map<String, Slot> inputs = named();
    Map<String, Slot> outputs = named();
    long workBytes = in.number();
    return new Step(StepId.of(name), inputs, outputs, in.list(this::call), workBytes);
  }

  private Map<String, Slot> named() throws ArtifactException {
    Map<String, Slot> slots = new LinkedHashMap<>();
    in.list(() -> slots.put(in.string(), slot()));
    return slots;
  }

  private Call call() throws ArtifactException {
    int kind = in.version() == 7 ? 0 : in.below(4, "call");
    if (kind == 0) {
      int kernel = in.below(1L << 31, "kernel");
      List<Slot> slots = in.list(this::slot);
      return new KernelCall(kernel, slots, origin(), in.string());
    }
    RankGroup group = new RankGroup(in.size(), in.size());
    Collective op =
        switch (kind) {
          case 1 -> new AllGather(group);
          case 2 -> new AllReduce(group);
          default -> new ReduceScatter(group);
        };
    List<Slot> from = in.list(this::slot);
    List<Slot> to = in.list(this::slot);
    return new CollectiveCall(op, from, to, origin(), in.string());
  }

  private Origin origin() throws ArtifactException {
    return new Origin(in.place(), in.string(), in.string());
  }

  private Kernel kernel() throws ArtifactException {
    String name = in.string();
    List<Buffer> buffers =
        in.list(
            () -> new Buffer(in.of(DType.values()), in.number(), in.of(Buffer.Access.values())));
    List<Axis> space = in.list(this::axis);
    ScalarReader scalars = new ScalarReader(in);
    List<Stage> stages = in.list(() -> stage(scalars));
    return new Kernel(name, buffers, space, stages);
  }

  private Axis axis() throws ArtifactException {
    return new Axis(in.below(1 << 16, "axis"), in.size());
  }

  private Stage stage(ScalarReader scalars) throws ArtifactException {
    Stage.Target target =
        switch (in.below(3, "target")) {
          case 0 -> new Stage.Target.Local(local(), in.of(DType.values()));
          case 1 -> new Stage.Target.Scratch(local(), in.of(DType.values()), in.list(in::size));
          default -> new Stage.Target.Store(in.below(1 << 16, "buffer"), scalars.get());
        };
    List<Axis> axes = in.list(this::axis);
    List<Axis> reduction = in.list(this::axis);
    Stage s = new Stage(target, axes, reduction, in.of(Reducer.values()), scalars.get());
    List<Stage.Bound> bounds = in.list(() -> new Stage.Bound(axis(), scalars.get()));
    if (bounds.size() > 1) {
      throw new ArtifactException(Text.format("a stage with %d bounds", bounds.size()));
    }
    return s.to(bounds.stream().findFirst());
  }

  private int local() throws ArtifactException {
    return in.below(1 << 16, "local");
  }

  /** Holds what refers to something else against what it refers to. */
  private void check(ExecutionPlan p) throws ArtifactException {
    for (int i = 0; i < p.kernels().size(); i++) {
      List<String> problems = KernelVerifier.problems(p.kernels().get(i));
      if (!problems.isEmpty()) {
        throw new ArtifactException("kernel " + i + ": " + problems.getFirst());
      }
    }
    for (StoredTensor s : p.storage()) {
      check(s.path(), s.slot());
    }
    for (ExecutionPlan.Constant c : p.constants()) {
      check("a constant", c.slot());
    }
    for (Step s : p.steps().values()) {
      for (Map<String, Slot> slots : List.of(s.inputs(), s.outputs())) {
        for (Map.Entry<String, Slot> e : slots.entrySet()) {
          check(s.name() + " " + e.getKey(), e.getValue());
        }
      }
      if (s.workBytes() > arenas.get(Arena.WORK)) {
        throw new ArtifactException("step " + s.name() + " needs more than its arena has");
      }
      for (Call c : s.calls()) {
        switch (c) {
          case KernelCall k -> check(s, k, p.kernels());
          case CollectiveCall k -> {
            for (Slot slot : k.slots()) {
              check(s.name() + ": " + k.label(), slot);
            }
          }
        }
      }
    }
  }

  private void check(Step s, KernelCall c, List<Kernel> kernels) throws ArtifactException {
    if (c.kernel() >= kernels.size()) {
      throw new ArtifactException(
          s.name() + " calls kernel " + c.kernel() + ", which is not there");
    }
    List<Buffer> buffers = kernels.get(c.kernel()).buffers();
    if (buffers.size() != c.slots().size()) {
      throw new ArtifactException(s.name() + ": " + c.label() + " binds too few or many buffers");
    }
    for (int i = 0; i < buffers.size(); i++) {
      TensorType t = c.slots().get(i).type();
      if (t.shape().elements() != buffers.get(i).elements()
          || t.dtype() != buffers.get(i).dtype()) {
        throw new ArtifactException(
            s.name() + ": " + c.label() + " binds " + t + " to a buffer of another size");
      }
      check(s.name() + ": " + c.label(), c.slots().get(i));
    }
  }

  private void check(String what, Slot s) throws ArtifactException {
    if (s.offset() > arenas.get(s.arena()) - s.type().bytes()) {
      throw new ArtifactException(what + ": " + s.type() + " reaches outside " + s.arena());
    }
  }
}
