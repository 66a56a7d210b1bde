package dev.lgc.runtime.exec;

import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.tensor.Tensor;
import java.util.function.Function;

/**
 * Looks at everything a kernel has written, and stops the step at the first number gone wrong.
 * Slow.
 */
public final class NumericGuard implements CallObserver {
  private final ExecutionPlan plan;
  private final Function<Slot, Tensor> values;
  private final boolean infinities;

  /**
   * @param values what is in a slot now
   * @param infinities whether infinities are wrong too, and not only NaN
   */
  public NumericGuard(ExecutionPlan plan, Function<Slot, Tensor> values, boolean infinities) {
    this.plan = plan;
    this.values = values;
    this.infinities = infinities;
  }

  @Override
  public void before(KernelCall call) {}

  @Override
  public void after(KernelCall call) {
    Kernel kernel = plan.kernels().get(call.kernel());
    for (int i = 0; i < call.slots().size(); i++) {
      Buffer b = kernel.buffers().get(i);
      if (b.access() != Buffer.Access.READ && b.dtype().isFloat()) {
        check(call, call.slots().get(i));
      }
    }
  }

  private void check(KernelCall call, Slot slot) {
    Tensor t = values.apply(slot);
    for (long i = 0; i < t.elements(); i++) {
      double v = t.get(i);
      if (Double.isNaN(v) || infinities && Double.isInfinite(v)) {
        String message = Text.format("element %d of %s is %s", i, slot.type(), v);
        throw new StepFault(call, message, null);
      }
    }
  }
}
