package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.kernel.Interval;
import dev.lgc.compiler.kernel.WideIndexes;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.text.Text;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * From a checked model to execution plans: has the graphs of the steps derived that are asked for,
 * runs the {@link Passes} over them, and has them planned.
 */
public final class Compiler {
  /** The passes over the steps of a plan. */
  static final List<Pass> BOTH =
      Stream.concat(Passes.WHOLE.stream(), Passes.LOWERING.stream()).toList();

  private Compiler() {}

  /**
   * The graphs of what is asked for, with everything stored as it will be; composites are whole.
   *
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  public static Derived derive(CheckedModel model, List<Request> requests) {
    return derive(model, Compiler::onlyBatch, requests);
  }

  /**
   * The same, of steps for batches of several sizes.
   *
   * @param batches the model for batches of the size that a {@link Request.ForBatch} says
   */
  public static Derived derive(
      CheckedModel model, IntFunction<CheckedModel> batches, List<Request> requests) {
    PassDriver passes = new PassDriver(PassObserver.NONE);
    Derived derived = Derivation.of(model, batches, requests, passes);
    PassOptions options = options(requests, Long.MAX_VALUE);
    return passes.run(List.of(Passes.RANKS), passes.run(Passes.WHOLE, derived, options), options);
  }

  /**
   * The execution plan of derived graphs.
   *
   * @param derived by {@link #derive}
   * @throws UnfitModelException if some step could not be derived
   */
  public static ExecutionPlan plan(Derived derived) {
    PassDriver passes = new PassDriver(PassObserver.NONE);
    return plan(derived, Passes.LOWERING, options(List.of(), Long.MAX_VALUE), passes);
  }

  /**
   * The execution plan of what is asked for.
   *
   * @throws UnfitModelException if the model does not allow it
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  public static ExecutionPlan compile(CheckedModel model, List<Request> requests) {
    return compileAll(model, List.of(requests)).getFirst();
  }

  /**
   * The same, of steps for batches of several sizes, which share all but what a generator keeps
   * between its steps.
   *
   * @param batches the model for batches of the size that a {@link Request.ForBatch} says
   */
  public static ExecutionPlan compile(
      CheckedModel model, IntFunction<CheckedModel> batches, List<Request> requests) {
    return compileAll(model, batches, List.of(requests), Long.MAX_VALUE, PassObserver.NONE)
        .getFirst();
  }

  /** Execution plans for several purposes, all for batches of one size, without a limit. */
  public static List<ExecutionPlan> compileAll(CheckedModel model, List<List<Request>> purposes) {
    return compileAll(model, purposes, Long.MAX_VALUE, PassObserver.NONE);
  }

  /** The same with a limit of {@code memory} bytes for training. */
  public static List<ExecutionPlan> compileAll(
      CheckedModel model, List<List<Request>> purposes, long memory, PassObserver observer) {
    return compileAll(model, Compiler::onlyBatch, purposes, memory, observer);
  }

  static CheckedModel onlyBatch(int size) {
    throw new IllegalArgumentException("a request for batches of " + size + " has no model");
  }

  /**
   * Execution plans for several purposes, made side by side; what they have in common is made once.
   *
   * @param batches the model for batches of the size that a {@link Request.ForBatch} says
   * @param memory bytes that a plan with training in it may take; others are not changed by it
   * @param observer is told of every pass over every graph
   * @throws UnfitModelException if the model does not allow one of them
   * @throws MemoryLimitException if training takes more, whatever is computed again
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  public static List<ExecutionPlan> compileAll(
      CheckedModel model,
      IntFunction<CheckedModel> batches,
      List<List<Request>> purposes,
      long memory,
      PassObserver observer) {
    PassDriver passes = new PassDriver(observer);
    Planner planner = new Planner(Passes.FUSION);
    return purposes.parallelStream()
        .map(
            requests ->
                plan(
                    Derivation.of(model, batches, requests, passes),
                    BOTH,
                    PassOptions.of(requests, memory, planner),
                    passes))
        .toList();
  }

  private static PassOptions options(List<Request> requests, long memory) {
    return PassOptions.of(requests, memory, new Planner(Passes.FUSION));
  }

  static ExecutionPlan plan(Derived d, List<Pass> all, PassOptions options, PassDriver passes) {
    if (!d.problems().isEmpty()) {
      throw new UnfitModelException(d.problems());
    }
    Derived passed = passes.run(all, d, options);
    ExecutionPlan plan =
        passed
            .planned()
            .map(Derived.Planned::plan)
            .orElseGet(() -> options.planner().plan(passed.job()));
    List<Problem> wide = wideIndexes(plan);
    if (!wide.isEmpty()) {
      throw new UnfitModelException(wide);
    }
    return plan;
  }

  /** The calls whose positions 32 bits do not hold, one for each kernel. */
  static List<Problem> wideIndexes(ExecutionPlan plan) {
    Map<Integer, Problem> problems = new TreeMap<>();
    for (Step s : plan.steps().values()) {
      for (KernelCall c : s.kernelCalls()) {
        if (!problems.containsKey(c.kernel())) {
          WideIndexes.of(plan.kernels().get(c.kernel()))
              .ifPresent(positions -> problems.put(c.kernel(), wide(c, positions)));
        }
      }
    }
    return List.copyOf(problems.values());
  }

  private static Problem wide(KernelCall c, Interval positions) {
    return new Problem(
        c.origin().where(),
        c.origin().module(),
        c.label(),
        Text.format("counts positions to %d", positions.high()),
        Text.format(
            "at most %d are possible; take a smaller batch or fewer elements", Integer.MAX_VALUE));
  }

  /**
   * The obstacles to drawing a generator's codes.
   *
   * @param problems those to drawing them one by one; mostly empty
   * @param uncached those to computing one position for each, instead of the whole sequence; mostly
   *     empty
   */
  public record Drawing(List<Problem> problems, List<Problem> uncached) {}

  /** The obstacles to drawing a generator's codes. */
  public static Drawing drawing(Entry generator) {
    Generation.Steps steps = Generation.derive(generator);
    return new Drawing(steps.problems(), steps.uncached());
  }

  /**
   * Returns true if a generator's codes are drawn by computing one position each: the usual case,
   * which is found out faster than what {@link #drawing} says of the others.
   */
  public static boolean isCached(Entry generator) {
    return Generation.isCached(generator);
  }
}
