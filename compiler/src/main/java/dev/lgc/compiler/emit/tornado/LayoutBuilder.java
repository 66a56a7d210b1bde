package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.memory.Lifetime;
import dev.lgc.compiler.memory.Placement;
import dev.lgc.compiler.plan.Arena;
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

/** Finds places for the values of one plan. */
final class LayoutBuilder {
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
      int kernel, Schedule schedule, List<Spot> buffers, Map<DType, Spot> workspace) {}

  /** By kernel number: the repeated layers of a model share them. */
  private final Map<Integer, Schedule> schedules = new HashMap<>();

  private final IntFunction<Schedule> choice;

  /** An intermediate value, or the workspace of a call. */
  private record Life(DType dtype, Lifetime lifetime, Origin origin, String label) {}

  LayoutBuilder(ExecutionPlan plan, DeviceLimits limits, IntFunction<Schedule> choice) {
    this.plan = plan;
    this.limits = limits;
    this.choice = choice;
  }

  DeviceLayout build() {
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
  private record Wanted(Slot slot, Origin origin, String label) {}

  private void placeLasting() {
    Map<DeviceLayout.Key, Wanted> wanted = new LinkedHashMap<>();
    for (StoredTensor t : plan.storage()) {
      want(wanted, t.slot(), Origin.NONE, t.name());
    }
    plan.constants().forEach(c -> want(wanted, c.slot(), Origin.NONE, "a constant"));
    for (Step s : plan.steps().values()) {
      for (KernelCall c : s.calls()) {
        c.slots().forEach(slot -> want(wanted, slot, c.origin(), c.label()));
      }
      s.inputs().forEach((n, slot) -> want(wanted, slot, Origin.NONE, "input " + n));
      s.outputs().forEach((n, slot) -> want(wanted, slot, Origin.NONE, "output " + n));
    }
    List<Wanted> ordered = new ArrayList<>(wanted.values());
    ordered.sort(
        Comparator.comparing((Wanted w) -> w.slot.arena()).thenComparingLong(w -> w.slot.offset()));
    Set<DeviceLayout.Key> results = results();
    for (Wanted w : ordered) {
      DType type = supported(w.slot.type().dtype(), w.origin, w.label);
      DeviceLayout.Key key = DeviceLayout.Key.of(w.slot);
      lasting.put(key, append(new Kind(w.slot.arena(), type, results.contains(key)), w));
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

  private static void want(
      Map<DeviceLayout.Key, Wanted> wanted, Slot slot, Origin origin, String label) {
    if (slot.arena() != Arena.WORK) {
      wanted.merge(
          DeviceLayout.Key.of(slot),
          new Wanted(slot, origin, label),
          (a, b) -> a.slot.type().bytes() >= b.slot.type().bytes() ? a : b);
    }
  }

  private Spot append(Kind kind, Wanted w) {
    long most = limits.elements(kind.dtype.bytes());
    long elements = aligned(w.slot.type().shape().elements(), kind.dtype);
    if (elements > most) {
      throw tooLarge(w.label, w.origin, elements, most);
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
      KernelCall by = step.calls().get(v.first());
      DType type = supported(v.slot().type().dtype(), by.origin(), by.label());
      lives.add(
          new Life(
              type,
              new Lifetime(v.slot().type().bytes(), v.first(), v.last()),
              by.origin(),
              by.label()));
    }
    List<Map<DType, Integer>> workspaces = new ArrayList<>();
    for (int i = 0; i < step.calls().size(); i++) {
      KernelCall c = step.calls().get(i);
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

  private Schedule schedule(KernelCall c) {
    return schedules.computeIfAbsent(c.kernel(), choice::apply);
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
    for (int i = 0; i < step.calls().size(); i++) {
      List<Spot> buffers = new ArrayList<>();
      List<Slot> slots = step.calls().get(i).slots();
      for (int b = 0; b < slots.size(); b++) {
        int value = map.calls().get(i).get(b);
        buffers.add(value < 0 ? lasting.get(DeviceLayout.Key.of(slots.get(b))) : spots[value]);
      }
      Map<DType, Spot> workspace = new HashMap<>();
      workspaces.get(i).forEach((type, n) -> workspace.put(type, spots[n]));
      KernelCall c = step.calls().get(i);
      calls.add(new Spots(c.kernel(), schedule(c), buffers, workspace));
    }
    return calls;
  }
}
