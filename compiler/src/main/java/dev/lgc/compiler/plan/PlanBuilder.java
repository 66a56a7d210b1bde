package dev.lgc.compiler.plan;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.memory.Placement;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
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
  private final List<StoredTensor> tensors = new ArrayList<>();
  private final Map<String, Step> steps = new LinkedHashMap<>();

  /** The places of what steps have exported so far. */
  private final Map<Export, Slot> exports = new HashMap<>();

  /** The places of inputs so far. */
  private final Map<Given, Slot> inputs = new HashMap<>();

  /**
   * A plan in which nothing but what is stored has its place yet.
   *
   * @throws IllegalArgumentException if something is declared twice
   */
  PlanBuilder(List<StorageDeclaration> stored) {
    for (Arena a : Arena.values()) {
      used.put(a, 0L);
    }
    for (StorageDeclaration d : stored) {
      Arena arena =
          switch (d.id().role()) {
            case PARAMETER, BUFFER, FROZEN, SCALE -> Arena.PARAMETERS;
            case GRADIENT, LOCAL -> Arena.GRADIENTS;
            case MOMENT1, MOMENT2, AVERAGE, CACHE, PARTIAL -> Arena.STATE;
          };
      Slot slot = allocate(arena, d.type());
      tensors.add(new StoredTensor(d.id(), slot, d.layout(), d.part()));
      if (storage.put(d.name(), slot) != null) {
        throw new IllegalArgumentException("declared twice: " + d.name());
      }
    }
    used.put(Arena.WORK, used.get(Arena.GRADIENTS));
  }

  /**
   * Adds a step; steps may work in the same memory.
   *
   * @throws IllegalArgumentException if there is a step of that name
   */
  void add(Step step) {
    used.merge(Arena.WORK, step.workBytes(), Math::max);
    if (steps.put(step.name(), step) != null) {
      throw new IllegalArgumentException("two graphs named " + step.name());
    }
  }

  /** The plan; of one builder only once. */
  ExecutionPlan build(String model) {
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
   * An input that the steps of one entry for batches of one size are given alike.
   *
   * @param owner the entry, as {@link StepId#owner} says it
   */
  private record Given(String owner, String input) {}

  /** The place of a step's input: that of what an earlier step exports, else one of its own. */
  Slot input(StepGraph step, String name, TensorType type) {
    Slot export = exports.get(new Export(name, step.id().batch()));
    if (export != null && export.type().equals(type) && !step.exports().contains(name)) {
      return export;
    }
    Given given = new Given(step.id().owner(), name);
    Slot shared = inputs.get(given);
    if (shared != null && shared.type().equals(type)) {
      return shared;
    }
    Slot own = allocate(Arena.IO, type);
    inputs.put(given, own);
    return own;
  }

  /** The place of a step's output. */
  Slot output(StepGraph step, String name, TensorType type) {
    Slot slot = allocate(Arena.IO, type);
    if (step.exports().contains(name)) {
      exports.put(new Export(name, step.id().batch()), slot);
    }
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
