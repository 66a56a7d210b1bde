package dev.lgc.runtime.dump;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Models;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The final graphs of a model's steps, composites kept.
 *
 * @param byName each step's graph, in the order of the purposes
 */
public record StepGraphs(Map<String, Graph> byName) {

  /** The graphs of all purposes; a step that several purposes have is there once. */
  public static StepGraphs of(CheckedModel model, List<List<Request>> purposes) {
    Map<String, Graph> graphs = new LinkedHashMap<>();
    purposes.forEach(p -> Models.graphs(model, p).forEach(g -> graphs.putIfAbsent(g.name(), g)));
    return new StepGraphs(graphs);
  }

  /**
   * The graph of a step.
   *
   * @param step empty for the first step
   * @throws BadInputException if there is no such step
   */
  public Graph get(String step) {
    return step.isEmpty() && !byName.isEmpty()
        ? byName.values().iterator().next()
        : byName.get(requireStep(step, byName.keySet()));
  }

  /**
   * Returns {@code step} if it is one of {@code steps}.
   *
   * @throws BadInputException if it is not
   */
  public static String requireStep(String step, Iterable<String> steps) {
    for (String s : steps) {
      if (s.equals(step)) {
        return step;
      }
    }
    throw new BadInputException("step " + step, "one of " + String.join(", ", steps), "");
  }

  /** The graphs as text: of one step, or of all if {@code step} is empty. */
  String text(String step) {
    return byName.values().stream()
        .filter(g -> step.isEmpty() || g.name().equals(step))
        .map(g -> GraphDump.dump(g) + '\n')
        .collect(Collectors.joining());
  }
}
