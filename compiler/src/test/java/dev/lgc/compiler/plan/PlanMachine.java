package dev.lgc.compiler.plan;

import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelInterpreter;
import dev.lgc.dsl.type.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Runs plans on the kernel interpreter. */
final class PlanMachine extends ArenaRunner {
  private final boolean backwards;

  /**
   * @param backwards whether a kernel's points are computed last to first
   */
  PlanMachine(ExecutionPlan plan, boolean backwards) {
    super(plan);
    this.backwards = backwards;
  }

  @Override
  public void run(String step) {
    plan.steps().get(step).kernelCalls().forEach(this::run);
  }

  /** Runs one call. */
  void run(KernelCall c) {
    Kernel k = plan.kernels().get(c.kernel());
    List<KernelInterpreter.Memory> memory = new ArrayList<>();
    for (int i = 0; i < c.slots().size(); i++) {
      if (k.buffers().get(i).elements() != c.slots().get(i).type().shape().elements()) {
        throw new AssertionError(k.name() + " buffer " + i + " bound to " + c.slots().get(i));
      }
      memory.add(memory(c.slots().get(i)));
    }
    KernelInterpreter.run(k, memory, Precision.AS_TYPED, backwards);
  }

  private KernelInterpreter.Memory memory(Slot slot) {
    MemorySegment m = arenas.segment(slot);
    DType type = slot.type().dtype();
    return new KernelInterpreter.Memory() {
      @Override
      public double get(int i) {
        return PlanArenas.get(m, type, i);
      }

      @Override
      public void set(int i, double v) {
        PlanArenas.set(m, type, i, v);
      }
    };
  }
}
