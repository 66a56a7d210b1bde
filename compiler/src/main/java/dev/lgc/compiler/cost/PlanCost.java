package dev.lgc.compiler.cost;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Step;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * The costs of a plan's kernels, computed once.
 *
 * @param plan the plan
 * @param kernels the cost of one call of each kernel, by its number
 */
public record PlanCost(ExecutionPlan plan, List<Cost> kernels) {
  public PlanCost {
    kernels = List.copyOf(kernels);
  }

  /** Of every kernel of {@code plan}. */
  public static PlanCost of(ExecutionPlan plan) {
    List<Kernel> all = plan.kernels();
    return new PlanCost(plan, all.stream().map(KernelCost::of).toList());
  }

  /** What a step takes. */
  public Cost step(Step step) {
    return calls(step, c -> true);
  }

  /** What some of a step's calls take. */
  public Cost calls(Step step, Predicate<KernelCall> which) {
    Cost sum = Cost.NONE;
    for (KernelCall c : step.calls()) {
      sum = which.test(c) ? sum.plus(kernels.get(c.kernel())) : sum;
    }
    return sum;
  }

  /** The least time of a step on a device with {@code limits}. */
  public double seconds(Step step, Limits limits) {
    return sum(step, limits::seconds);
  }

  /** The least time of a step whose data are in the caches of the processor. */
  public double cachedSeconds(Step step, Limits limits) {
    return sum(step, limits::cachedSeconds);
  }

  /** The time to expect of a step there, of kernels that come so near to its limits. */
  public double seconds(Step step, Limits limits, Reach reach) {
    return sum(step, k -> reach.seconds(k, limits));
  }

  private double sum(Step step, ToDoubleFunction<Cost> seconds) {
    double sum = 0;
    for (KernelCall c : step.calls()) {
      sum += seconds.applyAsDouble(kernels.get(c.kernel()));
    }
    return sum;
  }
}
