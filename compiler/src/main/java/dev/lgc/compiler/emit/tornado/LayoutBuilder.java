package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.memory.Lifetime;
import dev.lgc.compiler.memory.Placement;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.CollectiveCall;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.MemoryMap;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/** Finds places for the values of one plan, which are its {@link DeviceLayout}. */
public final class LayoutBuilder {
  /** Loops count in I32, and step beyond their end by as many items as a device has at most. */
  private static final long MOST_COUNT = Integer.MAX_VALUE - (1 << 24);

  private final ExecutionPlan plan;
  private final DeviceLimits limits;

  /** Elements of the arrays so far: of an arena and type, in order. */
  private final Map<Kind, List<Long>> sizes = new LinkedHashMap<>();

  private final Map<DeviceLayout.Key, Spot> lasting = new HashMap<>();
  private final Map<String, List<Spots>> steps = new HashMap<>();

  /**
   * @param result whether its values only come out of steps: they have no need to go in
   */
  private record Kind(Arena arena, DType dtype, boolean result) {}

  /** A place before arrays have numbers: in which of the arrays of a kind. */
  private record Spot(Kind kind, int part, long offset) {}

  private record Spots(
      int kernel, DeviceSchedule schedule, List<Spot> buffers, Map<DType, Spot> workspace) {}

  /** By kernel number: the repeated layers of a model share them. */
  private final Map<Integer, DeviceSchedule> schedules = new HashMap<>();

  private final IntFunction<DeviceSchedule> choice;

  /** An intermediate value, or the workspace of a call. */
  private record Life(DType dtype, Lifetime lifetime, Origin origin, String label) {}

  private LayoutBuilder(
      ExecutionPlan plan, DeviceLimits limits, IntFunction<DeviceSchedule> choice) {
    this.plan = plan;
    this.limits = limits;
    this.choice = choice;
  }

  /**
   * The layout of a plan, its kernels scheduled by {@link DeviceScheduler#choose}.
   *
   * @throws UnsupportedException for values of a type that this target has not, or that fit no
   *     array
   */
  public static DeviceLayout layout(ExecutionPlan plan, DeviceLimits limits) {
    return layout(plan, limits, k -> DeviceScheduler.choose(plan.kernels().get(k), limits));
  }

  /**
   * The layout of a plan.
   *
   * @param schedules each kernel's, by its number, within {@code limits}
   * @throws UnsupportedException for values of a type that this target has not, or that fit no
   *     array
   */
  public static DeviceLayout layout(
      ExecutionPlan plan, DeviceLimits limits, IntFunction<DeviceSchedule> schedules) {
    return new LayoutBuilder(plan, limits, schedules).build();
  }

  private DeviceLayout build() {
    plan.steps().values().forEach(LayoutBuilder::requireKernels);
    placeLasting();
    plan.steps().values().forEach(this::placeWork);
    Map<Kind, Integer> first = new HashMap<>();
    List<DeviceArray> arrays = new ArrayList<>();
    sizes.forEach(
        (kind, parts) -> {
          first.put(kind, arrays.size());
          parts.forEach(n -> arrays.add(new DeviceArray(arrays.size(), kind.arena, kind.dtype, n)));
        });
    Map<DeviceLayout.Key, DeviceLayout.Place> places = new HashMap<>();
    lasting.forEach((slot, spot) -> places.put(slot, place(first, spot)));
    Map<String, List<DeviceLayout.Call>> calls = new HashMap<>();
    int[] cells = new int[1];
    steps.forEach(
        (step, spots) ->
            calls.put(
                step,
                spots.stream()
                    .map(s -> call(first, s, checks(s.kernel, arrays.size(), cells)))
                    .toList()));
    if (cells[0] > 0) {
      arrays.add(new DeviceArray(arrays.size(), Arena.IO, DType.I32, cells[0]));
    }
    return new DeviceLayout(arrays, places, calls);
  }

  private static DeviceLayout.Call call(
      Map<Kind, Integer> first, Spots s, Map<Integer, DeviceLayout.Place> checks) {
    Map<DType, DeviceLayout.Place> workspace = new HashMap<>();
    s.workspace.forEach((t, spot) -> workspace.put(t, place(first, spot)));
    return new DeviceLayout.Call(
        s.schedule, s.buffers.stream().map(b -> place(first, b)).toList(), workspace, checks);
  }

  /** A cell for each extent that a call's kernel checks indices against. */
  private Map<Integer, DeviceLayout.Place> checks(int kernel, int array, int[] cells) {
    Map<Integer, DeviceLayout.Place> checks = new HashMap<>();
    for (int extent : Expressions.checkedExtents(plan.kernels().get(kernel))) {
      checks.put(extent, new DeviceLayout.Place(array, cells[0]++));
    }
    return checks;
  }

  private static DeviceLayout.Place place(Map<Kind, Integer> first, Spot s) {
    return new DeviceLayout.Place(first.get(s.kind) + s.part, Math.toIntExact(s.offset));
  }

  /** A slot outside of WORK, and who needs it. */
  private record SlotUse(Slot slot, Origin origin, String label) {}

  private void placeLasting() {
    Map<DeviceLayout.Key, SlotUse> uses = new LinkedHashMap<>();
    for (StoredTensor t : plan.storage()) {
      use(uses, t.slot(), Origin.NONE, t.name());
    }
    plan.constants().forEach(c -> use(uses, c.slot(), Origin.NONE, "a constant"));
    for (Step s : plan.steps().values()) {
      for (Call c : s.calls()) {
        c.slots().forEach(slot -> use(uses, slot, c.origin(), c.label()));
      }
      s.inputs().forEach((n, slot) -> use(uses, slot, Origin.NONE, "input " + n));
      s.outputs().forEach((n, slot) -> use(uses, slot, Origin.NONE, "output " + n));
    }
    List<SlotUse> ordered = new ArrayList<>(uses.values());
    ordered.sort(
        Comparator.comparing((SlotUse u) -> u.slot.arena())
            .thenComparingLong(u -> u.slot.offset()));
    Set<DeviceLayout.Key> results = results();
    for (SlotUse u : ordered) {
      DType type = supported(u.slot.type().dtype(), u.origin, u.label);
      DeviceLayout.Key key = DeviceLayout.Key.of(u.slot);
      lasting.put(key, append(new Kind(u.slot.arena(), type, results.contains(key)), u));
    }
  }

  /** Outputs of steps that are no inputs. */
  private Set<DeviceLayout.Key> results() {
    Set<DeviceLayout.Key> results = new HashSet<>();
    plan.steps().values().stream()
        .flatMap(s -> s.outputs().values().stream())
        .filter(slot -> slot.arena() == Arena.IO)
        .forEach(slot -> results.add(DeviceLayout.Key.of(slot)));
    plan.steps().values().stream()
        .flatMap(s -> s.inputs().values().stream())
        .forEach(slot -> results.remove(DeviceLayout.Key.of(slot)));
    return results;
  }

  private static void use(
      Map<DeviceLayout.Key, SlotUse> uses, Slot slot, Origin origin, String label) {
    if (slot.arena() != Arena.WORK) {
      uses.merge(
          DeviceLayout.Key.of(slot),
          new SlotUse(slot, origin, label),
          (a, b) -> a.slot.type().bytes() >= b.slot.type().bytes() ? a : b);
    }
  }

  private Spot append(Kind kind, SlotUse u) {
    long most = limits.elements(kind.dtype.bytes());
    long elements = aligned(u.slot.type().shape().elements(), kind.dtype);
    if (elements > most) {
      throw tooLarge(u.label, u.origin, elements, most);
    }
    List<Long> parts = sizes.computeIfAbsent(kind, k -> new ArrayList<>());
    if (parts.isEmpty() || parts.getLast() + elements > most) {
      parts.add(0L);
    }
    long at = parts.getLast();
    parts.set(parts.size() - 1, at + elements);
    return new Spot(kind, parts.size() - 1, at);
  }

  private static long aligned(long elements, DType type) {
    return Placement.align(elements * type.bytes()) / type.bytes();
  }

  private static DType supported(DType type, Origin origin, String label) {
    return switch (type) {
      case F32, BF16, F16, I32, I8, BOOL -> type;
      case F64 ->
          throw new UnsupportedException(
              label,
              origin,
              Text.format(
                  "the tornado target has no kernels for %s, which many devices lack",
                  type.keyword()));
    };
  }

  private static UnsupportedException tooLarge(
      String label, Origin origin, long elements, long most) {
    return new UnsupportedException(
        label,
        origin,
        Text.format("%d elements, and an array of the device holds %d", elements, most));
  }

  private void placeWork(Step step) {
    MemoryMap map = MemoryMap.of(plan, step);
    List<Life> lives = new ArrayList<>();
    for (MemoryMap.Value v : map.values()) {
      Call by = step.calls().get(v.first());
      DType type = supported(v.slot().type().dtype(), by.origin(), by.label());
      lives.add(
          new Life(
              type,
              new Lifetime(v.slot().type().bytes(), v.first(), v.last()),
              by.origin(),
              by.label()));
    }
    List<Map<DType, Integer>> workspaces = new ArrayList<>();
    List<KernelCall> kernels = step.kernelCalls();
    for (int i = 0; i < kernels.size(); i++) {
      KernelCall c = kernels.get(i);
      int call = i;
      Map<DType, Integer> numbers = new HashMap<>();
      schedule(c)
          .workspace()
          .forEach(
              (type, elements) -> {
                numbers.put(type, lives.size());
                Lifetime now = new Lifetime(elements * type.bytes(), call, call);
                lives.add(new Life(type, now, c.origin(), c.label()));
              });
      workspaces.add(numbers);
    }
    Spot[] spots = new Spot[lives.size()];
    for (DType type : DType.values()) {
      placeWork(type, lives, spots);
    }
    steps.put(step.name(), spots(step, map, spots, workspaces));
  }

  /** Refuses what is between ranks. */
  private static void requireKernels(Step step) {
    for (Call c : step.calls()) {
      if (c instanceof CollectiveCall k) {
        throw new UnsupportedException(
            k.label(),
            k.origin(),
            "the tornado target has no collectives: train on several ranks with --device cpu");
      }
    }
  }

  private DeviceSchedule schedule(KernelCall c) {
    DeviceSchedule known = schedules.get(c.kernel());
    if (known == null) {
      requireCounted(plan.kernels().get(c.kernel()), c);
      known = choice.apply(c.kernel());
      schedules.put(c.kernel(), known);
    }
    return known;
  }

  /** Refuses a kernel with more points, or more positions of a stage, than an int counts. */
  private static void requireCounted(Kernel kernel, KernelCall call) {
    requireCounted(Axis.positions(kernel.space()), "points", call);
    for (Stage s : kernel.stages()) {
      requireCounted(Axis.positions(s.axes()), "positions of a stage", call);
      requireCounted(Axis.positions(s.reduction()), "terms of a sum", call);
    }
  }

  private static void requireCounted(long count, String what, KernelCall call) {
    if (count > MOST_COUNT) {
      throw new UnsupportedException(
          call.label(),
          call.origin(),
          Text.format("%d %s, and a kernel of the device counts to %d", count, what, MOST_COUNT));
    }
  }

  /** Into as few arrays as hold them. */
  private void placeWork(DType type, List<Life> lives, Spot[] spots) {
    List<Integer> those = new ArrayList<>();
    for (int i = 0; i < lives.size(); i++) {
      if (lives.get(i).dtype == type) {
        those.add(i);
      }
    }
    if (those.isEmpty()) {
      return;
    }
    Kind kind = new Kind(Arena.WORK, type, false);
    long most = limits.elements(type.bytes());
    for (int i : those) {
      long elements = lives.get(i).lifetime.bytes() / type.bytes();
      if (elements > most) {
        throw tooLarge(lives.get(i).label, lives.get(i).origin, elements, most);
      }
    }
    those.sort(Comparator.comparingLong(i -> -lives.get(i).lifetime.bytes()));
    for (int parts = 1; ; parts++) {
      List<Placement> placements = new ArrayList<>();
      for (int p = 0; p < parts; p++) {
        placements.add(Placement.of(every(parts, p, those, lives)));
      }
      if (placements.stream().allMatch(p -> p.peak() / type.bytes() <= most)) {
        List<Long> arrays = sizes.computeIfAbsent(kind, k -> new ArrayList<>());
        for (int p = 0; p < parts; p++) {
          if (p == arrays.size()) {
            arrays.add(0L);
          }
          arrays.set(p, Math.max(arrays.get(p), placements.get(p).peak() / type.bytes()));
        }
        for (int i = 0; i < those.size(); i++) {
          long bytes = placements.get(i % parts).offsets()[i / parts];
          spots[those.get(i)] = new Spot(kind, i % parts, bytes / type.bytes());
        }
        return;
      }
    }
  }

  private static List<Lifetime> every(int parts, int part, List<Integer> those, List<Life> lives) {
    List<Lifetime> some = new ArrayList<>();
    for (int i = part; i < those.size(); i += parts) {
      some.add(lives.get(those.get(i)).lifetime);
    }
    return some;
  }

  private List<Spots> spots(
      Step step, MemoryMap map, Spot[] spots, List<Map<DType, Integer>> workspaces) {
    List<Spots> calls = new ArrayList<>();
    List<KernelCall> kernels = step.kernelCalls();
    for (int i = 0; i < kernels.size(); i++) {
      KernelCall c = kernels.get(i);
      List<Spot> buffers = new ArrayList<>();
      List<Slot> slots = c.slots();
      for (int b = 0; b < slots.size(); b++) {
        int value = map.calls().get(i).get(b);
        buffers.add(value < 0 ? lasting.get(DeviceLayout.Key.of(slots.get(b))) : spots[value]);
      }
      Map<DType, Spot> workspace = new HashMap<>();
      workspaces.get(i).forEach((type, n) -> workspace.put(type, spots[n]));
      calls.add(new Spots(c.kernel(), schedule(c), buffers, workspace));
    }
    return calls;
  }
}
