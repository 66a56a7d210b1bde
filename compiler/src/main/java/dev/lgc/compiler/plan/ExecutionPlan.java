package dev.lgc.compiler.plan;

import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelVerifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Everything a session needs to run a model's steps; nothing about it is decided at run time.
 *
 * @param model name of the model
 * @param storage every stored tensor, parameters first in declaration order
 * @param arenaBytes size of each arena
 * @param constants contents of CONSTANTS: slots with their values
 * @param kernels distinct kernels of all steps
 * @param steps by name
 */
public record ExecutionPlan(
    String model,
    List<StoredTensor> storage,
    Map<Arena, Long> arenaBytes,
    List<Constant> constants,
    List<Kernel> kernels,
    Map<String, Step> steps) {
  public ExecutionPlan {
    storage = List.copyOf(storage);
    constants = List.copyOf(constants);
    kernels = List.copyOf(kernels);
  }

  /** A compile-time table and its place. */
  public record Constant(Slot slot, double[] values) {
    @Override
    public boolean equals(Object o) {
      return o instanceof Constant c && slot.equals(c.slot) && Arrays.equals(values, c.values);
    }

    @Override
    public int hashCode() {
      return 31 * slot.hashCode() + Arrays.hashCode(values);
    }
  }

  /**
   * A step.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public Step step(String name) {
    Step step = steps.get(name);
    if (step == null) {
      throw new IllegalArgumentException(
          "no step " + name + " in " + model + ": it has " + steps.keySet());
    }
    return step;
  }

  /** Returns true if a call reads what is in one of its slots. */
  public boolean reads(Call call, int slot) {
    return switch (call) {
      case KernelCall k -> access(k, slot) != Buffer.Access.WRITE;
      case CollectiveCall c -> slot < c.from().size();
    };
  }

  /** Returns true if a call writes one of its slots. */
  public boolean writes(Call call, int slot) {
    return switch (call) {
      case KernelCall k -> access(k, slot) != Buffer.Access.READ;
      case CollectiveCall c -> slot >= c.from().size();
    };
  }

  private Buffer.Access access(KernelCall call, int slot) {
    return kernels.get(call.kernel()).buffers().get(slot).access();
  }

  /** The tensors stored in an arena, in the order of {@link #storage}. */
  public List<StoredTensor> storage(Arena arena) {
    return storage.stream().filter(t -> t.slot().arena() == arena).toList();
  }

  /** The size of an arena: 0 if nothing is there. */
  public long bytes(Arena arena) {
    return arenaBytes.getOrDefault(arena, 0L);
  }

  /** Bytes of all arenas together, gradients as part of WORK: the plan's peak memory. */
  public long totalBytes() {
    return Arrays.stream(Arena.values())
        .filter(a -> a != Arena.GRADIENTS)
        .mapToLong(this::bytes)
        .sum();
  }

  /**
   * Verifies every kernel.
   *
   * @throws IllegalStateException if one is not sound
   */
  public void verify() {
    for (Kernel k : kernels) {
      List<String> problems = KernelVerifier.problems(k);
      if (!problems.isEmpty()) {
        throw new IllegalStateException("kernel " + k.name() + ": " + problems);
      }
    }
  }
}
