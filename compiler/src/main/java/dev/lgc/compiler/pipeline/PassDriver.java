package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphMemo;
import dev.lgc.compiler.graph.Memo;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.compiler.plan.StepId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Runs passes for plans that are made side by side: over a graph that several of them have, a pass
 * runs once. Where assertions are enabled, as in tests, it verifies every graph that a pass makes.
 */
final class PassDriver {
  private final PassObserver observer;

  /** Graphs of entries as they stand: several plans may want the same. */
  private final Map<Shared, Memo<Graph>> shared = new ConcurrentHashMap<>();

  private record Shared(StepId id, boolean rounded) {}

  /** The derivations of objectives, by the step of their gradients. */
  private final Map<StepId, Memo<Training>> trainings = new ConcurrentHashMap<>();

  /** The graphs that passes made of graphs, by the pass. */
  private final Map<String, GraphMemo<Graph>> made = new ConcurrentHashMap<>();

  PassDriver(PassObserver observer) {
    this.observer = assertionsEnabled() ? observer.verifying() : observer;
  }

  private static boolean assertionsEnabled() {
    boolean enabled = false;
    assert enabled = true;
    return enabled;
  }

  /**
   * A graph that several plans may want: derived for the first, and simplified.
   *
   * @param rounded whether it is derived for factors that will be rounded
   */
  Graph shared(StepId id, boolean rounded, Supplier<Graph> derive) {
    return shared
        .computeIfAbsent(new Shared(id, rounded), x -> new Memo<>())
        .get(() -> simplified(derive.get()));
  }

  /** The derivation of an objective: the same for every way in which ranks share a batch. */
  Training training(StepId gradients, Supplier<Training> derive) {
    return trainings.computeIfAbsent(gradients, x -> new Memo<>()).get(derive);
  }

  /** A graph as other derivations and the other passes expect it. */
  Graph simplified(Graph derived) {
    Graph g = derived;
    for (Pass.EachStep p : Passes.FIRST) {
      g = run(p, g);
    }
    return g;
  }

  /**
   * The steps of a plan after those of some passes that are asked for. Steps go through passes over
   * each of them side by side, and wait for the others only before a pass over all.
   */
  Derived run(List<Pass> passes, Derived d, PassOptions options) {
    Derived now = d;
    List<Pass.EachStep> apart = new ArrayList<>();
    for (Pass p : passes) {
      if (!p.when().test(options)) {
        continue;
      }
      switch (p) {
        case Pass.EachStep each -> apart.add(each);
        case Pass.AllSteps all -> {
          now = together(all, apart(apart, now), options);
          apart.clear();
        }
      }
    }
    return apart(apart, now);
  }

  private Derived apart(List<Pass.EachStep> passes, Derived d) {
    return passes.isEmpty()
        ? d
        : d.with(d.steps().parallelStream().map(s -> through(passes, s)).toList());
  }

  private StepGraph through(List<Pass.EachStep> passes, StepGraph step) {
    Graph g = step.graph();
    for (Pass.EachStep p : passes) {
      if (p.kinds().contains(step.id().kind())) {
        g = run(p, g);
      }
    }
    return step.with(g);
  }

  private Graph run(Pass.EachStep pass, Graph g) {
    return made.computeIfAbsent(pass.name(), x -> new GraphMemo<>()).get(g, () -> timed(pass, g));
  }

  private Graph timed(Pass.EachStep pass, Graph g) {
    long start = System.nanoTime();
    Graph after = pass.rewrite().apply(g);
    observer.passed(pass, g, after, System.nanoTime() - start);
    return after;
  }

  private Derived together(Pass.AllSteps pass, Derived d, PassOptions options) {
    long start = System.nanoTime();
    Derived after = pass.rewrite().apply(d, options);
    long nanos = System.nanoTime() - start;
    for (int i = 0; i < d.steps().size(); i++) {
      Graph was = d.steps().get(i).graph();
      Graph is = after.steps().get(i).graph();
      if (pass.kinds().contains(d.steps().get(i).id().kind())) {
        observer.passed(pass, was, is, nanos);
        nanos = 0;
      } else if (!was.equals(is)) {
        throw new IllegalStateException(pass.name() + " changed " + was.name());
      }
    }
    return after;
  }
}
