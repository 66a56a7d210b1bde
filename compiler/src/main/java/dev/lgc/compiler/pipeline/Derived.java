package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.plan.Declared;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.dsl.model.CheckedModel;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * A model's final graphs, each one step, named as {@link Request} says.
 *
 * @param model what they were made from
 * @param graphs one per step
 * @param stored every tensor that lives between steps: the model's storage in declaration order,
 *     then what training and generating add
 * @param problems what the model's author has to change before some step can be derived; then that
 *     step is absent
 * @param uncached why generators' steps compute the whole sequence for each code; empty where they
 *     compute one position
 */
public record Derived(
    CheckedModel model,
    List<Graph> graphs,
    List<Declared> stored,
    List<Problem> problems,
    List<Problem> uncached) {
  public Derived {
    graphs = List.copyOf(graphs);
    stored = List.copyOf(stored);
    problems = List.copyOf(problems);
    uncached = List.copyOf(uncached);
  }

  /** Steps of which every one computes no more than it has to. */
  public Derived(
      CheckedModel model, List<Graph> graphs, List<Declared> stored, List<Problem> problems) {
    this(model, graphs, stored, problems, List.of());
  }

  /** The graph of a step. */
  public Graph graph(String step) {
    return graphs.stream()
        .filter(g -> g.name().equals(step))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no step " + step));
  }
}
