package dev.lgc.compiler.plan;

import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelInterpreter;
import dev.lgc.dsl.type.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Runs plans on the kernel interpreter. */
final class PlanMachine implements PlanRunner {
  private final ExecutionPlan plan;
  private final PlanArenas arenas;
  private final boolean backwards;

  /**
   * @param backwards whether a kernel's points are computed last to first
   */
  PlanMachine(ExecutionPlan plan, boolean backwards) {
    this.plan = plan;
    this.backwards = backwards;
    arenas = new PlanArenas(plan);
  }

  @Override
  public void write(Slot slot, double[] values) {
    arenas.write(slot, values);
  }

  @Override
  public double[] read(Slot slot) {
    return arenas.read(slot);
  }

  @Override
  public void run(String step) {
    for (KernelCall c : plan.steps().get(step).calls()) {
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

  @Override
  public void close() {
    arenas.close();
  }
}
