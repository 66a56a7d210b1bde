package dev.lgc.compiler.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.emit.tornado.DeviceArray;
import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.DeviceMemory;
import dev.lgc.compiler.emit.tornado.LayoutBuilder;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelInterpreter;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;

/** A device's layout keeps values apart: plans compute the same in it, also in small arrays. */
@Tag("backend")
final class DeviceLayoutTest extends BackendContract {
  @Override
  protected int graphs() {
    return 200;
  }

  @Override
  protected List<DType> floats() {
    return List.of(DType.BF16, DType.F16);
  }

  @Override
  protected List<List<Function<ExecutionPlan, PlanRunner>>> backends() {
    return List.of(
        List.of(
            p -> new Machine(p, DeviceLimits.PORTABLE),
            p -> new Machine(p, new DeviceLimits(64, 4096, 8, 1 << 19))));
  }

  /** Interprets kernels on the values of device arrays. */
  private static final class Machine implements PlanRunner {
    private final ExecutionPlan plan;
    private final DeviceLayout layout;
    private final DeviceMemory memory;

    Machine(ExecutionPlan plan, DeviceLimits limits) {
      this.plan = plan;
      layout = LayoutBuilder.layout(plan, limits);
      memory = new DeviceMemory(plan, layout);
      for (DeviceArray a : layout.arrays()) {
        assertTrue(a.elements() * a.dtype().bytes() <= limits.arrayBytes(), a::toString);
      }
      Set<Slot> inputs = slots(s -> s.inputs().values());
      Set<Integer> goIn = new HashSet<>();
      inputs.forEach(slot -> goIn.add(layout.place(slot).array()));
      for (Slot slot : slots(s -> s.outputs().values())) {
        if (slot.arena() == Arena.IO && !inputs.contains(slot)) {
          assertFalse(goIn.contains(layout.place(slot).array()), slot::toString);
        }
      }
    }

    private Set<Slot> slots(Function<Step, Collection<Slot>> of) {
      return plan.steps().values().stream()
          .flatMap(s -> of.apply(s).stream())
          .collect(Collectors.toSet());
    }

    @Override
    public void write(Slot slot, double[] values) {
      memory.write(slot, values);
    }

    @Override
    public double[] read(Slot slot) {
      return memory.read(slot);
    }

    @Override
    public void run(String step) {
      List<KernelCall> calls = plan.steps().get(step).kernelCalls();
      for (int i = 0; i < calls.size(); i++) {
        Kernel k = plan.kernels().get(calls.get(i).kernel());
        List<KernelInterpreter.Memory> buffers = new ArrayList<>();
        for (int b = 0; b < k.buffers().size(); b++) {
          DeviceLayout.Place p = layout.steps().get(step).get(i).buffers().get(b);
          assertEquals(k.buffers().get(b).dtype(), memory.dtype(p), k.name());
          assertEquals(0, p.offset() * k.buffers().get(b).dtype().bytes() % 64, k.name());
          buffers.add(
              new KernelInterpreter.Memory() {
                @Override
                public double get(int index) {
                  return memory.get(p, index);
                }

                @Override
                public void set(int index, double value) {
                  memory.set(p, index, value);
                }
              });
        }
        KernelInterpreter.run(k, buffers, Precision.AS_TYPED, false);
      }
    }
  }
}
