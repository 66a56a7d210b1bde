package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StorageRewrite;
import dev.lgc.compiler.shard.TensorParallel;
import dev.lgc.dsl.model.CheckedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The steps of a plan as graphs, on their way through the passes.
 *
 * @param model what they were made from
 * @param steps one graph each
 * @param stored every tensor that lives between steps: the model's storage in declaration order,
 *     then what training and generating add
 * @param problems what the model's author has to change before some step can be derived; then that
 *     step is absent
 * @param uncached why generators' steps compute the whole sequence for each code; empty where they
 *     compute one position
 * @param sharding the ranks that compute them
 * @param planned the plan of these very steps, where a pass had to make it
 */
public record Derived(
    CheckedModel model,
    List<StepGraph> steps,
    List<StorageDeclaration> stored,
    List<Problem> problems,
    List<Problem> uncached,
    Request.Sharding sharding,
    Optional<Planned> planned) {
  /**
   * A plan that was made on the way.
   *
   * @param steps as a rank computes them, which it was made of
   */
  public record Planned(ExecutionPlan plan, List<StepGraph> steps) {
    public Planned {
      steps = List.copyOf(steps);
    }
  }

  public Derived {
    steps = List.copyOf(steps);
    stored = List.copyOf(stored);
    problems = List.copyOf(problems);
    uncached = List.copyOf(uncached);
  }

  /** Steps of one process that are not planned yet. */
  public Derived(
      CheckedModel model,
      List<StepGraph> steps,
      List<StorageDeclaration> stored,
      List<Problem> problems,
      List<Problem> uncached) {
    this(model, steps, stored, problems, uncached, Request.Sharding.NONE);
  }

  /** Steps that are not planned yet. */
  public Derived(
      CheckedModel model,
      List<StepGraph> steps,
      List<StorageDeclaration> stored,
      List<Problem> problems,
      List<Problem> uncached,
      Request.Sharding sharding) {
    this(model, steps, stored, problems, uncached, sharding, Optional.empty());
  }

  /** The graphs alone, one for each step. */
  public List<Graph> graphs() {
    return steps.stream().map(StepGraph::graph).toList();
  }

  /** The graph of a step. */
  public Graph graph(String step) {
    return steps.stream()
        .filter(s -> s.id().name().equals(step))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no step " + step))
        .graph();
  }

  /** The same steps with other graphs. */
  Derived with(List<StepGraph> others) {
    return new Derived(model, others, stored, problems, uncached, sharding);
  }

  /** The same with their plan. */
  Derived planned(Planned made) {
    return new Derived(model, steps, stored, problems, uncached, sharding, Optional.of(made));
  }

  /** The same with tensors stored in another way, and steps that read and write them so. */
  Derived stored(StorageRewrite how) {
    return new Derived(
        model,
        steps.stream().map(s -> s.with(how.apply(s.graph()))).toList(),
        how.stored(stored),
        problems,
        uncached,
        sharding);
  }

  /** The same as one of several ranks computes it, which have a part of the model each. */
  Derived split(int ranks) {
    TensorParallel split = TensorParallel.of(graphs(), stored, ranks);
    List<StepGraph> parts = new ArrayList<>();
    for (StepGraph s : steps) {
      parts.add(s.with(split.graphs().get(parts.size())));
    }
    return new Derived(model, parts, split.stored(stored), problems, uncached, sharding);
  }

  /** The steps as the planner takes them: kernels are left to be made, and places found. */
  Planner.Job job() {
    return new Planner.Job(model.name(), stored, steps);
  }
}
