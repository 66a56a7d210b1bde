package dev.lgc.compiler.plan;

import dev.lgc.compiler.graph.Graph;
import java.util.List;

/**
 * The graph of a step, on its way from an entry to kernels.
 *
 * @param graph named as the step is
 * @param exports names of the outputs that later steps take as inputs
 */
public record StepGraph(StepId id, Graph graph, List<String> exports) {
  public StepGraph {
    if (!graph.name().equals(id.name())) {
      throw new IllegalArgumentException("graph " + graph.name() + " as step " + id);
    }
    exports = List.copyOf(exports);
    for (String x : exports) {
      if (!graph.outputs().containsKey(x)) {
        throw new IllegalArgumentException(id + " exports " + x + ", which it does not give");
      }
    }
  }

  /** A step that gives nothing to others. */
  public StepGraph(StepId id, Graph graph) {
    this(id, graph, List.of());
  }

  /** A graph that is planned by itself: the step of its name. */
  public static StepGraph of(Graph graph) {
    return new StepGraph(StepId.of(graph.name()), graph);
  }

  /** The same step with another graph. */
  public StepGraph with(Graph other) {
    return new StepGraph(id, other, exports);
  }
}
