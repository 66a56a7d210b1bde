package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.Costs;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphMemo;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import java.util.List;

/**
 * Final graphs to execution plans: kernels, their order, and a place for every value. A graph that
 * one planner is given several times, for several plans or for one that did not fit, it fuses once.
 */
public final class Planner {
  private final GraphMemo<Fusion> fused = new GraphMemo<>();

  /**
   * What to plan.
   *
   * @param model its name
   * @param stored what lives as long as a session, parameters first
   * @param steps their graphs are without composites; planned in this order
   */
  public record Job(String model, List<StorageDeclaration> stored, List<StepGraph> steps) {}

  /** The plan of graphs by themselves, each a step of its name; see {@link Job}. */
  public static ExecutionPlan plan(
      String model, List<StorageDeclaration> stored, List<Graph> graphs) {
    return new Planner().plan(new Job(model, stored, graphs.stream().map(StepGraph::of).toList()));
  }

  /** The plan of a model's steps. */
  public ExecutionPlan plan(Job job) {
    List<Fusion> fusions = job.steps().parallelStream().map(this::fusion).toList();
    return new PlanBuilder().plan(job.model(), job.stored(), fusions);
  }

  private Fusion fusion(StepGraph step) {
    return fused.get(step.graph(), () -> Fusion.of(step, Costs.DEFAULT));
  }
}
