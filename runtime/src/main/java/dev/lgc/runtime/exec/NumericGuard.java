package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.tensor.Tensor;
import java.util.function.Function;

/**
 * Looks at everything a call has written, and stops the step at the first number gone wrong. Slow.
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
  public void before(Call call) {}

  @Override
  public void after(Call call) {
    for (int i = 0; i < call.slots().size(); i++) {
      Slot slot = call.slots().get(i);
      if (plan.writes(call, i) && slot.type().dtype().isFloat()) {
        check(call, slot);
      }
    }
  }

  private void check(Call call, Slot slot) {
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
