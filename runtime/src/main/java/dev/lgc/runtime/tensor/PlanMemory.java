package dev.lgc.runtime.tensor;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The host's memory of a plan's values, wherever its device computes. */
public interface PlanMemory extends AutoCloseable {
  /** The bytes of a slot. */
  MemorySegment segment(Slot slot);

  /** A slot's value. */
  default Tensor tensor(Slot slot) {
    return new Tensor(slot.type(), segment(slot));
  }

  /** The address of a slot's first byte. */
  default long address(Slot slot) {
    return segment(slot).address();
  }

  /** Puts a plan's constants in place. */
  default void fill(List<ExecutionPlan.Constant> constants) {
    constants.forEach(c -> tensor(c.slot()).fill(c.values()));
  }

  @Override
  void close();
}
