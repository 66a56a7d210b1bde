package dev.lgc.compiler.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One thing a session can run.
 *
 * @param id what it does: {@code next_token.gradients}, {@code next_token.update}, {@code encode},
 *     {@code codes.prefill}, {@code codes.step}, …
 * @param inputs where the caller writes inputs before the step
 * @param outputs where the caller finds results after it
 * @param calls in order
 * @param workBytes what this step needs of the WORK arena
 */
public record Step(
    StepId id,
    Map<String, Slot> inputs,
    Map<String, Slot> outputs,
    List<Call> calls,
    long workBytes) {
  public Step {
    calls = List.copyOf(calls);
  }

  /** Those of its calls that are of kernels. */
  public List<KernelCall> kernelCalls() {
    List<KernelCall> kernels = new ArrayList<>(calls.size());
    for (Call c : calls) {
      if (c instanceof KernelCall k) {
        kernels.add(k);
      }
    }
    return kernels;
  }

  /** Its name, which is unique in a plan. */
  public String name() {
    return id.name();
  }
}
