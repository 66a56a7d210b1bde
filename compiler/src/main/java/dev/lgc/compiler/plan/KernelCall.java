package dev.lgc.compiler.plan;

import dev.lgc.compiler.graph.Origin;
import java.util.List;

/**
 * A kernel applied to slots.
 *
 * @param kernel its number in {@link ExecutionPlan#kernels()}
 * @param slots one per buffer of the kernel
 * @param origin the most telling {@code .arch} line of what was fused into it
 * @param label the ops fused into it, for reports: {@code layers.0.ffn_norm mul+sum+rsqrt+mul}
 */
public record KernelCall(int kernel, List<Slot> slots, Origin origin, String label)
    implements Call {
  public KernelCall {
    slots = List.copyOf(slots);
  }
}
