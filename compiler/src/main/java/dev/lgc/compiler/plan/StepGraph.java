package dev.lgc.compiler.plan;

import dev.lgc.compiler.graph.Graph;

/**
 * The graph of a step, on its way from an entry to kernels.
 *
 * @param graph named as the step is
 */
public record StepGraph(StepId id, Graph graph) {
  public StepGraph {
    if (!graph.name().equals(id.name())) {
      throw new IllegalArgumentException("graph " + graph.name() + " as step " + id);
    }
  }

  /** A graph that is planned by itself: the step of its name. */
  public static StepGraph of(Graph graph) {
    return new StepGraph(StepId.of(graph.name()), graph);
  }

  /** The same step with another graph. */
  public StepGraph with(Graph other) {
    return new StepGraph(id, other);
  }
}
