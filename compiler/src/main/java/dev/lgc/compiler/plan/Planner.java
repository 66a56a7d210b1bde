package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.FusionLimits;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphMemo;
import dev.lgc.compiler.graph.Memo;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Final graphs to execution plans: kernels, their order, and a place for every value. One planner
 * fuses a graph once, for however many plans, and makes a plan of the same graphs once.
 */
public final class Planner {
  private final FusionLimits limits;
  private final GraphMemo<Fusion> fused = new GraphMemo<>();
  private final Map<Steps, Memo<ExecutionPlan>> planned = new ConcurrentHashMap<>();

  /**
   * What to plan.
   *
   * @param model its name
   * @param stored what lives as long as a session, parameters first
   * @param steps their graphs are without composites; planned in this order
   */
  public record Job(String model, List<StorageDeclaration> stored, List<StepGraph> steps) {}

  /**
   * @param limits of the target whose kernels are made
   */
  public Planner(FusionLimits limits) {
    this.limits = limits;
  }

  /** What a kernel may be. */
  public FusionLimits limits() {
    return limits;
  }

  /** The plan of a model's steps; of the same graphs as before, the same plan. */
  public ExecutionPlan plan(Job job) {
    return planned
        .computeIfAbsent(Steps.of(job), x -> new Memo<>())
        .get(
            () ->
                new PlanBuilder()
                    .plan(
                        job.model(),
                        job.stored(),
                        job.steps().parallelStream().map(this::fusion).toList()));
  }

  /** Drops what was made of graphs that will not be planned again. */
  public void forget(Job job, Predicate<StepGraph> steps) {
    planned.remove(Steps.of(job));
    job.steps().stream().filter(steps).forEach(s -> fused.forget(s.graph()));
  }

  private Fusion fusion(StepGraph step) {
    return fused.get(step.graph(), () -> Fusion.of(step, limits));
  }

  /** The graphs of a job: those, not ones that are equal. */
  private record Steps(List<Graph> graphs) {
    static Steps of(Job job) {
      return new Steps(job.steps().stream().map(StepGraph::graph).toList());
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // comparing large graphs would take long
    public boolean equals(Object o) {
      if (!(o instanceof Steps other) || graphs.size() != other.graphs.size()) {
        return false;
      }
      for (int i = 0; i < graphs.size(); i++) {
        if (graphs.get(i) != other.graphs.get(i)) {
          return false;
        }
      }
      return true;
    }

    @Override
    public int hashCode() {
      return graphs.stream().mapToInt(System::identityHashCode).reduce(1, (a, b) -> 31 * a + b);
    }
  }
}
