package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.build.EntryBuilder;
import dev.lgc.compiler.fuse.SplitReductions;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.plan.Declared;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.compiler.plan.StoredTensor.Role;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.compiler.rewrite.HeldTensors;
import dev.lgc.compiler.rewrite.MixedPrecision;
import dev.lgc.compiler.rewrite.NarrowCaches;
import dev.lgc.compiler.rewrite.NarrowWeights;
import dev.lgc.compiler.rewrite.PanelWeights;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.compiler.rewrite.Simplify;
import dev.lgc.compiler.rewrite.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Derives the steps of a plan from a model. */
public final class Compiler {
  private final CheckedModel model;
  private final Map<String, Graph> graphs = new LinkedHashMap<>();
  private final Map<String, Declared> stored = new LinkedHashMap<>();
  private final List<Problem> problems = new ArrayList<>();
  private final List<Problem> uncached = new ArrayList<>();
  private final Set<String> averaged = new LinkedHashSet<>();

  /** Graphs of entries as they stand, by name: several purposes may want the same. */
  private final Map<String, Graph> evaluations;

  private Compiler(CheckedModel model, Map<String, Graph> evaluations) {
    this.model = model;
    this.evaluations = evaluations;
  }

  /**
   * The final graphs of what is asked for.
   *
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  public static Derived derive(CheckedModel model, List<Request> requests) {
    return new Compiler(model, new ConcurrentHashMap<>()).derived(requests);
  }

  /**
   * The execution plan of what is asked for.
   *
   * @throws UnfitModelException if the model does not allow it
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  public static ExecutionPlan compile(CheckedModel model, List<Request> requests) {
    return plan(derive(model, requests));
  }

  /**
   * Execution plans for several purposes, made side by side; what they have in common is made once.
   *
   * @throws UnfitModelException if the model does not allow one of them
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  public static List<ExecutionPlan> compileAll(CheckedModel model, List<List<Request>> purposes) {
    return compileAll(model, purposes, Long.MAX_VALUE);
  }

  /**
   * The same, with a limit for what trains.
   *
   * @param memory bytes that a plan with training in it may take; others are not changed by it
   * @throws UnfitModelException if the model does not allow one of them
   * @throws MemoryLimitException if training takes more, whatever is computed again
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  public static List<ExecutionPlan> compileAll(
      CheckedModel model, List<List<Request>> purposes, long memory) {
    Map<String, Graph> evaluations = new ConcurrentHashMap<>();
    return plans(
        purposes.parallelStream().map(r -> new Compiler(model, evaluations).derived(r)).toList(),
        memory);
  }

  /**
   * The execution plan of derived steps.
   *
   * @throws UnfitModelException if some step could not be derived
   */
  public static ExecutionPlan plan(Derived derived) {
    return plans(List.of(derived), Long.MAX_VALUE).getFirst();
  }

  /**
   * What drawing a generator's codes takes.
   *
   * @param problems why they cannot be drawn one by one; mostly empty
   * @param uncached why each of them takes computing the whole sequence; mostly empty
   */
  public record Drawing(List<Problem> problems, List<Problem> uncached) {}

  /** Derives what drawing a generator's codes takes. */
  public static Drawing drawing(Entry generator) {
    Generation.Steps steps = Generation.derive(generator);
    return new Drawing(steps.problems(), steps.uncached());
  }

  /**
   * Whether a generator's codes are drawn by computing one position each: the usual case, which is
   * found out faster than what {@link #drawing} says of the others.
   */
  public static boolean isCached(Entry generator) {
    return Generation.isCached(generator);
  }

  private static List<ExecutionPlan> plans(List<Derived> all, long memory) {
    Map<Graph, Graph> primitive = Collections.synchronizedMap(new IdentityHashMap<>());
    for (Derived d : all) {
      if (!d.problems().isEmpty()) {
        throw new UnfitModelException(d.problems());
      }
      d.graphs().forEach(g -> primitive.put(g, g));
    }
    List.copyOf(primitive.keySet()).parallelStream().forEach(g -> primitive.put(g, primitive(g)));
    return Fitting.plans(
        all.stream()
            .map(
                d ->
                    new Planner.Job(
                        d.model().name(),
                        d.stored(),
                        d.graphs().stream().map(primitive::get).toList()))
            .toList(),
        memory);
  }

  /** Without composites, for which no target has kernels yet. */
  private static Graph primitive(Graph g) {
    return SplitReductions.of(Simplify.all(Decompose.all(g)));
  }

  private Derived derived(List<Request> requests) {
    for (Storage s : model.storage()) {
      declare(s.path(), role(s.role()), s.type());
    }
    boolean initialised = false;
    Optional<Request.Hold> held = Optional.empty();
    for (Request r : requests) {
      switch (r) {
        case Request.Initialise() -> initialised = true;
        case Request.Evaluate(String name) ->
            put(evaluations.computeIfAbsent(name, n -> Simplify.all(EntryBuilder.graph(entry(n)))));
        case Request.Train t -> train(t, requests.contains(new Request.MixedPrecision()));
        case Request.Generate g -> generate(g);
        case Request.Loss(String name) -> put(loss(name));
        case Request.Hold h -> held = Optional.of(h);
        case Request.MixedPrecision() -> {}
      }
    }
    // Last, because training says which parameters have an average to begin.
    if (initialised) {
      add(Initialisation.derive(model.storage(), averaged));
    }
    Derived wide =
        new Derived(
            model, List.copyOf(graphs.values()), List.copyOf(stored.values()), problems, uncached);
    return held.isPresent() ? held(wide, held.get()) : wide;
  }

  private static Derived held(Derived d, Request.Hold how) {
    if (d.stored().stream().anyMatch(s -> s.role() == Role.GRADIENT)) {
      throw new IllegalArgumentException("training with " + how);
    }
    Derived panels = how.panels() ? rewritten(d, PanelWeights.of(d.graphs(), d.stored())) : d;
    Derived weights =
        rewritten(panels, NarrowWeights.of(how.type(), panels.graphs(), panels.stored()));
    return how.type() == WeightType.F32
        ? weights
        : rewritten(weights, NarrowCaches.of(weights.graphs(), weights.stored()));
  }

  private static Derived rewritten(Derived d, HeldTensors held) {
    return new Derived(
        d.model(),
        d.graphs().stream().map(held::apply).toList(),
        held.stored(d.stored()),
        d.problems(),
        d.uncached());
  }

  private static Role role(Storage.Role role) {
    return switch (role) {
      case PARAMETER -> Role.PARAMETER;
      case BUFFER -> Role.BUFFER;
      case FROZEN -> Role.FROZEN;
    };
  }

  private void declare(String path, Role role, TensorType type) {
    Declared d = new Declared(path, role, type);
    stored.putIfAbsent(d.key(), d);
  }

  private Entry entry(String name) {
    return model
        .entry(name)
        .orElseThrow(() -> new NoSuchElementException(model.name() + " has no entry " + name));
  }

  private void add(Graph g) {
    put(Simplify.all(g));
  }

  private void put(Graph g) {
    graphs.put(g.name(), g);
  }

  private void train(Request.Train t, boolean rounded) {
    Training training = new Training(model, entry(t.objective()));
    for (Storage s : training.parameters()) {
      declare(s.path(), Role.GRADIENT, s.type());
      declare(s.path(), Role.MOMENT1, s.type());
      declare(s.path(), Role.MOMENT2, s.type());
      if (t.optimizer().averaged()) {
        declare(s.path(), Role.AVERAGE, s.type());
        averaged.add(s.path());
      }
    }
    UnaryOperator<Graph> precision = rounded ? MixedPrecision::of : UnaryOperator.identity();
    put(precision.apply(training.gradients()));
    if (t.accumulate()) {
      put(precision.apply(training.accumulate()));
    }
    add(Optimization.derive(t.objective(), t.optimizer(), training.parameters()));
    put(precision.apply(loss(t.objective())));
  }

  private Graph loss(String name) {
    return evaluations.computeIfAbsent(name + ".loss", n -> Training.loss(model, entry(name)));
  }

  private void generate(Request.Generate g) {
    Generation.Steps steps = Generation.derive(entry(g.entry()), g);
    problems.addAll(steps.problems());
    uncached.addAll(steps.uncached());
    steps.caches().forEach(c -> stored.putIfAbsent(c.key(), c));
    steps.graphs().forEach(this::add);
  }
}
