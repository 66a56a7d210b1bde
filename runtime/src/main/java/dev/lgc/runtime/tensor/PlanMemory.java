package dev.lgc.runtime.tensor;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;

/** The arenas of a plan, allocated, with the plan's constants in place. */
public final class PlanMemory implements AutoCloseable {
  private final Map<Arena, NativeBlock> blocks = new EnumMap<>(Arena.class);

  public PlanMemory(ExecutionPlan plan) {
    try {
      plan.arenaBytes().forEach((arena, bytes) -> blocks.put(arena, NativeBlock.allocate(bytes)));
      for (ExecutionPlan.Constant c : plan.constants()) {
        tensor(c.slot()).fill(c.values());
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The bytes of a slot. */
  public MemorySegment segment(Slot slot) {
    return block(slot).asSlice(slot.offset(), slot.type().bytes());
  }

  public Tensor tensor(Slot slot) {
    return new Tensor(slot.type(), segment(slot));
  }

  /** Where a slot's first byte is. */
  public long address(Slot slot) {
    return segment(slot).address();
  }

  private MemorySegment block(Slot slot) {
    NativeBlock b = blocks.get(slot.arena());
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
