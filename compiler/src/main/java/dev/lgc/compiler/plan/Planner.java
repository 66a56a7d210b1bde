package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.Costs;
import dev.lgc.compiler.fuse.SplitReductions;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.memory.Placement;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Final graphs to an execution plan: kernels, their order, and a place for every value. */
public final class Planner {
  final Map<String, Slot> storage = new LinkedHashMap<>();
  final Map<dev.lgc.compiler.op.Dense, Slot> dense = new LinkedHashMap<>();
  final Map<Arena, Long> used = new EnumMap<>(Arena.class);
  final Costs costs;
  private final Map<Kernel, Integer> numbers = new LinkedHashMap<>();
  private final List<Kernel> kernels = new ArrayList<>();

  /** Outputs so far, by name: what a later step may read as an input. */
  private final Map<String, Slot> exports = new LinkedHashMap<>();

  /** Inputs so far, by entry and name. */
  private final Map<String, Slot> inputs = new LinkedHashMap<>();

  private Planner(Costs costs) {
    this.costs = costs;
    for (Arena a : Arena.values()) {
      used.put(a, 0L);
    }
  }

  /**
   * The plan of a model.
   *
   * @param model its name
   * @param fingerprint of the checked model
   * @param stored what lives as long as a session, parameters first
   * @param graphs without composites; each becomes the step of its name, in order
   */
  public static ExecutionPlan plan(
      String model, String fingerprint, List<Declared> stored, List<Graph> graphs) {
    return new Planner(Costs.DEFAULT).run(model, fingerprint, stored, graphs);
  }

  private ExecutionPlan run(
      String model, String fingerprint, List<Declared> stored, List<Graph> graphs) {
    List<StoredTensor> tensors = new ArrayList<>();
    for (Declared d : stored) {
      Arena arena =
          switch (d.role()) {
            case PARAMETER, BUFFER, FROZEN -> Arena.PARAMETERS;
            case GRADIENT, MOMENT1, MOMENT2, AVERAGE, CACHE -> Arena.STATE;
          };
      Slot slot = allocate(arena, d.type());
      tensors.add(new StoredTensor(d.path(), d.role(), slot));
      if (storage.put(d.key(), slot) != null) {
        throw new IllegalArgumentException("declared twice: " + d.key());
      }
    }
    Map<String, Step> steps = new LinkedHashMap<>();
    for (Graph g : graphs) {
      Step step = new StepPlanner(this, SplitReductions.of(g)).plan();
      used.merge(Arena.WORK, step.workBytes(), Math::max);
      if (steps.put(g.name(), step) != null) {
        throw new IllegalArgumentException("two graphs named " + g.name());
      }
    }
    List<ExecutionPlan.Constant> constants = new ArrayList<>();
    dense.forEach((d, slot) -> constants.add(new ExecutionPlan.Constant(slot, d.data())));
    return new ExecutionPlan(
        model,
        fingerprint,
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
    Kernel nameless = new Kernel("", k.buffers(), k.space(), k.stages());
    return numbers.computeIfAbsent(
        nameless,
        x -> {
          kernels.add(k);
          return kernels.size() - 1;
        });
  }
}
