package dev.lgc.compiler.plan;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.memory.Placement;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One plan being made: where what is stored and what steps share lies, and which kernels there are.
 */
final class PlanBuilder {
  final Map<String, Slot> storage = new LinkedHashMap<>();
  final Map<dev.lgc.compiler.op.Dense, Slot> dense = new LinkedHashMap<>();
  final Map<Arena, Long> used = new EnumMap<>(Arena.class);
  private final Map<Kernel, Integer> numbers = new LinkedHashMap<>();

  /** The same for kernels that were asked for before, found without comparing them. */
  private final Map<Kernel, Integer> met = new IdentityHashMap<>();

  private final List<Kernel> kernels = new ArrayList<>();

  /** Outputs so far, by name: what a later step may read as an input. */
  private final Map<String, Slot> exports = new LinkedHashMap<>();

  /** Inputs so far. */
  private final Map<Given, Slot> inputs = new LinkedHashMap<>();

  PlanBuilder() {
    for (Arena a : Arena.values()) {
      used.put(a, 0L);
    }
  }

  /** The plan; of one builder only once. */
  ExecutionPlan plan(String model, List<StorageDeclaration> stored, List<Fusion> fused) {
    List<StoredTensor> tensors = new ArrayList<>();
    for (StorageDeclaration d : stored) {
      Arena arena =
          switch (d.id().role()) {
            case PARAMETER, BUFFER, FROZEN, SCALE -> Arena.PARAMETERS;
            case GRADIENT -> Arena.GRADIENTS;
            case MOMENT1, MOMENT2, AVERAGE, CACHE -> Arena.STATE;
          };
      Slot slot = allocate(arena, d.type());
      tensors.add(new StoredTensor(d.id(), slot, d.layout()));
      if (storage.put(d.name(), slot) != null) {
        throw new IllegalArgumentException("declared twice: " + d.name());
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

  /**
   * What steps of one entry are given alike.
   *
   * @param entry the entry's name
   */
  private record Given(String entry, String input) {}

  /** The place of a step's input: an earlier step's output of that name and type, else its own. */
  Slot input(StepGraph step, String name, TensorType type) {
    Slot export = exports.get(name);
    if (export != null && export.type().equals(type) && !step.graph().outputs().containsKey(name)) {
      return export;
    }
    Given given = new Given(step.id().entry(), name);
    Slot shared = inputs.get(given);
    if (shared != null && shared.type().equals(type)) {
      return shared;
    }
    Slot own = allocate(Arena.IO, type);
    inputs.put(given, own);
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
