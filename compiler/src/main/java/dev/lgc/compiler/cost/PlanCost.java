package dev.lgc.compiler.cost;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.CollectiveCall;
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

  /** The cost of a step. */
  public Cost step(Step step) {
    return calls(step, c -> true);
  }

  /** The cost of some of a step's calls. */
  public Cost calls(Step step, Predicate<Call> which) {
    Cost sum = Cost.NONE;
    for (Call c : step.calls()) {
      sum = which.test(c) ? sum.plus(call(c)) : sum;
    }
    return sum;
  }

  /** The cost of a call. */
  public Cost call(Call call) {
    return switch (call) {
      case KernelCall k -> kernels.get(k.kernel());
      case CollectiveCall c -> new Cost(0, 0, 0, 0, 0, 0, sent(c));
    };
  }

  /** Bytes that a rank sends: every block to all that need it, of sums one from each. */
  private static long sent(CollectiveCall c) {
    long others = c.op().group().size() - 1L;
    return switch (c.op()) {
      case AllGather _ -> c.bytes() * others;
      case AllReduce _ -> Math.ceilDiv((1 + c.widening()) * c.bytes() * others, others + 1);
      case ReduceScatter _ -> c.bytes() / (others + 1) * others;
    };
  }

  /**
   * The least time of a step's kernels on a device with {@code limits}; collectives not counted.
   */
  public double seconds(Step step, Limits limits) {
    return sum(step, limits::seconds);
  }

  /** The least time of a step whose data are in the caches of the processor. */
  public double cachedSeconds(Step step, Limits limits) {
    return sum(step, limits::cachedSeconds);
  }

  /** The time to expect of a step there, of kernels that come so near to its limits. */
  public double seconds(Step step, Limits limits, Efficiency efficiency) {
    return sum(step, k -> efficiency.seconds(k, limits));
  }

  private double sum(Step step, ToDoubleFunction<Cost> seconds) {
    double sum = 0;
    for (KernelCall c : step.kernelCalls()) {
      sum += seconds.applyAsDouble(kernels.get(c.kernel()));
    }
    return sum;
  }
}
