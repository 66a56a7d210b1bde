package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.FusionLimits;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphMemo;
import dev.lgc.compiler.rewrite.KernelUses;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import java.util.List;

/**
 * Final graphs to execution plans: kernels, their order, and a place for every value. One planner
 * fuses a graph once, for however many plans.
 */
public final class Planner {
  private final FusionLimits limits;
  private final GraphMemo<Fusion> fused = new GraphMemo<>();
  private final GraphMemo<KernelUses> uses = new GraphMemo<>();

  /**
   * The steps to plan together.
   *
   * @param model its name
   * @param stored the tensors that live as long as a session, parameters first
   * @param steps their graphs are without composites; planned in this order
   */
  public record Job(String model, List<StorageDeclaration> stored, List<StepGraph> steps) {}

  /**
   * @param limits of the target whose kernels are made
   */
  public Planner(FusionLimits limits) {
    this.limits = limits;
  }

  /** The uses of a graph's values by its kernels, found out once for however many plans. */
  public KernelUses uses(Graph graph) {
    return uses.get(graph, () -> KernelUses.of(graph, limits));
  }

  /** The plan of a model's steps. */
  public ExecutionPlan plan(Job job) {
    List<Fusion> fusions = job.steps().parallelStream().map(this::fusion).toList();
    PlanBuilder plan = new PlanBuilder(job.stored());
    for (Fusion f : fusions) {
      plan.add(new StepPlanner(plan, f).plan());
    }
    return plan.build(job.model());
  }

  private Fusion fusion(StepGraph step) {
    // A graph with a backward part is made for one plan, and large: it is not asked for again.
    return step.id().kind().hasBackward()
        ? Fusion.of(step, limits)
        : fused.get(step.graph(), () -> Fusion.of(step, limits));
  }
}
