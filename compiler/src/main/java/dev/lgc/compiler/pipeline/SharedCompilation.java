package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.dsl.model.CheckedModel;
import java.util.List;
import java.util.Optional;

/**
 * Compilations of one model, one after the other or side by side, which make what they have in
 * common once: plans to choose from.
 */
public final class SharedCompilation {
  private final CheckedModel model;
  private final PassDriver passes;
  private final Planner planner = new Planner(Passes.FUSION);

  /**
   * @param observer is told of every pass over every graph
   */
  public SharedCompilation(CheckedModel model, PassObserver observer) {
    this.model = model;
    passes = new PassDriver(observer);
  }

  /**
   * A purpose with a limit of its own.
   *
   * @param memory bytes that the plan may take
   */
  public record Limited(List<Request> requests, long memory) {}

  /**
   * The plan of a purpose with a limit.
   *
   * @param plan empty if it takes more, whatever is computed again
   * @param bytes of it; without a plan, of the smallest that there is
   */
  public record Fit(Optional<ExecutionPlan> plan, long bytes) {}

  /**
   * The plans for several purposes, each as far as it fits.
   *
   * @throws UnfitModelException if the model does not allow one of them
   */
  public List<Fit> fit(List<Limited> purposes) {
    return purposes.parallelStream().map(this::fit).toList();
  }

  private Fit fit(Limited p) {
    Derived d = Derivation.of(model, Compiler::onlyBatch, p.requests(), passes);
    try {
      PassOptions options = PassOptions.of(p.requests(), p.memory(), planner);
      ExecutionPlan plan = Compiler.plan(d, Compiler.BOTH, options, passes);
      return new Fit(Optional.of(plan), plan.totalBytes());
    } catch (MemoryLimitException e) {
      return new Fit(Optional.empty(), e.least());
    }
  }
}
