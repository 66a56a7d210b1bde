package dev.lgc.compiler.plan;

import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.fuse.SplitReductions;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import java.util.List;

/** Plans of graphs by themselves, with long reductions in parts as in every plan. */
public final class Plans {
  private Plans() {}

  /** The plan of graphs, each a step of its name. */
  public static ExecutionPlan of(
      String model, List<StorageDeclaration> stored, List<Graph> graphs) {
    List<StepGraph> steps =
        graphs.stream().map(g -> StepGraph.of(SplitReductions.of(g, JvmFusion.LIMITS))).toList();
    return new Planner(JvmFusion.LIMITS).plan(new Planner.Job(model, stored, steps));
  }
}
