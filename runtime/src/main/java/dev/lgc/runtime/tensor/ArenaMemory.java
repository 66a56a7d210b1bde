package dev.lgc.runtime.tensor;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryGuard;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/** The arenas of a plan as the plan lays them out, with its constants in place. */
public final class ArenaMemory implements PlanMemory {
  /** Less than this is allocated without a look at what there is. */
  private static final long COMPARED_FROM = 64L << 20;

  private final Map<Arena, NativeBlock> blocks = new EnumMap<>(Arena.class);

  public ArenaMemory(ExecutionPlan plan) {
    this(plan, Map.of());
  }

  /**
   * A plan whose parameters are there already.
   *
   * @param parameters as the plan lays them out; closed with this
   */
  public ArenaMemory(ExecutionPlan plan, NativeBlock parameters) {
    this(plan, Map.of(Arena.PARAMETERS, parameters));
  }

  private ArenaMemory(ExecutionPlan plan, Map<Arena, NativeBlock> given) {
    blocks.putAll(given);
    try {
      long bytes =
          Arrays.stream(Arena.values())
              .filter(a -> a != Arena.GRADIENTS && !given.containsKey(a))
              .mapToLong(plan::bytes)
              .sum();
      if (bytes >= COMPARED_FROM) {
        MemoryGuard.requireTensors(plan.model(), bytes, MemoryBounds.here());
      }
      for (Arena a : Arena.values()) {
        if (a != Arena.GRADIENTS && !given.containsKey(a)) {
          blocks.put(a, NativeBlock.allocate(plan.bytes(a)));
        }
      }
      fill(plan.constants());
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  @Override
  public MemorySegment segment(Slot slot) {
    return block(slot).asSlice(slot.offset(), slot.type().bytes());
  }

  private MemorySegment block(Slot slot) {
    // Gradients are the beginning of WORK.
    NativeBlock b = blocks.get(slot.arena() == Arena.GRADIENTS ? Arena.WORK : slot.arena());
    if (b == null) {
      throw new IllegalArgumentException("the plan has no arena " + slot.arena());
    }
    return b.segment();
  }

  @Override
  public void close() {
    blocks.values().forEach(NativeBlock::close);
    blocks.clear();
  }
}
