package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.Costs;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.memory.Placement;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Final graphs to an execution plan: kernels, their order, and a place for every value. */
public final class Planner {
  final Map<String, Slot> storage = new LinkedHashMap<>();
  final Map<dev.lgc.compiler.op.Dense, Slot> dense = new LinkedHashMap<>();
  final Map<Arena, Long> used = new EnumMap<>(Arena.class);
  private final Map<Kernel, Integer> numbers = new LinkedHashMap<>();

  /** The same for kernels that were asked for before, found without comparing them. */
  private final Map<Kernel, Integer> met = new IdentityHashMap<>();

  private final List<Kernel> kernels = new ArrayList<>();

  /** Outputs so far, by name: what a later step may read as an input. */
  private final Map<String, Slot> exports = new LinkedHashMap<>();

  /** Inputs so far, by entry and name. */
  private final Map<String, Slot> inputs = new LinkedHashMap<>();

  private Planner() {
    for (Arena a : Arena.values()) {
      used.put(a, 0L);
    }
  }

  /**
   * What to plan.
   *
   * @param model its name
   * @param stored what lives as long as a session, parameters first
   * @param graphs without composites; each becomes the step of its name, in order
   */
  public record Job(String model, List<Declared> stored, List<Graph> graphs) {}

  /** The plan of a model; see {@link Job}. */
  public static ExecutionPlan plan(String model, List<Declared> stored, List<Graph> graphs) {
    return plans(List.of(new Job(model, stored, graphs))).getFirst();
  }

  /** Several plans at once. A graph that several have is fused once. */
  public static List<ExecutionPlan> plans(List<Job> jobs) {
    Map<Graph, Fusion> fused = new IdentityHashMap<>();
    jobs.forEach(j -> j.graphs().forEach(g -> fused.put(g, null)));
    List<Graph> distinct = List.copyOf(fused.keySet());
    List<Fusion> fusions = distinct.parallelStream().map(g -> Fusion.of(g, Costs.DEFAULT)).toList();
    for (int i = 0; i < distinct.size(); i++) {
      fused.put(distinct.get(i), fusions.get(i));
    }
    return jobs.parallelStream()
        .map(
            j ->
                new Planner()
                    .run(j.model(), j.stored(), j.graphs().stream().map(fused::get).toList()))
        .toList();
  }

  private ExecutionPlan run(String model, List<Declared> stored, List<Fusion> fused) {
    List<StoredTensor> tensors = new ArrayList<>();
    for (Declared d : stored) {
      Arena arena =
          switch (d.role()) {
            case PARAMETER, BUFFER, FROZEN, SCALE -> Arena.PARAMETERS;
            case GRADIENT -> Arena.GRADIENTS;
            case MOMENT1, MOMENT2, AVERAGE, CACHE -> Arena.STATE;
          };
      Slot slot = allocate(arena, d.type());
      tensors.add(new StoredTensor(d.path(), d.role(), slot, d.order()));
      if (storage.put(d.key(), slot) != null) {
        throw new IllegalArgumentException("declared twice: " + d.key());
      }
    }
    used.put(Arena.WORK, used.get(Arena.GRADIENTS));
    Map<String, Step> steps = new LinkedHashMap<>();
    for (Fusion f : fused) {
      Step step = new StepPlanner(this, f).plan();
      used.merge(Arena.WORK, step.workBytes(), Math::max);
      if (steps.put(step.name(), step) != null) {
        throw new IllegalArgumentException("two graphs named " + step.name());
      }
    }
    List<ExecutionPlan.Constant> constants = new ArrayList<>();
    dense.forEach((d, slot) -> constants.add(new ExecutionPlan.Constant(slot, d.data())));
    return new ExecutionPlan(
        model,
        tensors,
        Collections.unmodifiableMap(new EnumMap<>(used)),
        constants,
        kernels,
        steps);
  }

  Slot allocate(Arena arena, TensorType type) {
    long at = used.get(arena);
    used.put(arena, at + Placement.align(type.bytes()));
    return new Slot(arena, at, type);
  }

  /** The place of a step's input: an earlier step's output of that name and type, else its own. */
  Slot input(Graph graph, String name, TensorType type) {
    Slot export = exports.get(name);
    if (export != null && export.type().equals(type) && !graph.outputs().containsKey(name)) {
      return export;
    }
    String entry = graph.name().substring(0, Math.max(0, graph.name().lastIndexOf('.')));
    String key = entry.isEmpty() ? graph.name() + "/" + name : entry + "/" + name;
    Slot shared = inputs.get(key);
    if (shared != null && shared.type().equals(type)) {
      return shared;
    }
    Slot own = allocate(Arena.IO, type);
    inputs.put(key, own);
    return own;
  }

  Slot output(String name, TensorType type) {
    Slot slot = allocate(Arena.IO, type);
    exports.put(name, slot);
    return slot;
  }

  /** The number of a kernel; equal ones share it. */
  int kernel(Kernel k) {
    return met.computeIfAbsent(k, this::number);
  }

  private int number(Kernel k) {
    Kernel nameless = new Kernel("", k.buffers(), k.space(), k.stages());
    return numbers.computeIfAbsent(
        nameless,
        x -> {
          kernels.add(k);
          return kernels.size() - 1;
        });
  }
}
