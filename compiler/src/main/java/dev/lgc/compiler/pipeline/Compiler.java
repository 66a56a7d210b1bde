package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.build.EntryBuilder;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.kernel.Interval;
import dev.lgc.compiler.kernel.WideIndexes;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * From a checked model to execution plans: derives the graphs of the steps that are asked for, runs
 * the {@link Passes} over them, and has them planned.
 */
public final class Compiler {
  private final CheckedModel model;
  private final PassDriver passes;
  private final Map<StepId, Graph> graphs = new LinkedHashMap<>();
  private final Map<StoredId, StorageDeclaration> stored = new LinkedHashMap<>();
  private final List<Problem> problems = new ArrayList<>();
  private final List<Problem> uncached = new ArrayList<>();
  private final Set<String> averaged = new LinkedHashSet<>();

  private Compiler(CheckedModel model, PassDriver passes) {
    this.model = model;
    this.passes = passes;
  }

  /**
   * The graphs of what is asked for, with everything stored as it will be; composites are whole.
   *
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  public static Derived derive(CheckedModel model, List<Request> requests) {
    PassDriver passes = new PassDriver(PassObserver.NONE);
    Derived derived = new Compiler(model, passes).derived(requests);
    return passes.run(Passes.WHOLE, derived, options(requests, Long.MAX_VALUE));
  }

  /**
   * The execution plan of derived graphs.
   *
   * @param derived by {@link #derive}
   * @throws UnfitModelException if some step could not be derived
   */
  public static ExecutionPlan plan(Derived derived) {
    PassDriver passes = new PassDriver(PassObserver.NONE);
    return plan(derived, Passes.LOWERING, options(List.of(), Long.MAX_VALUE), passes);
  }

  /**
   * The execution plan of what is asked for.
   *
   * @throws UnfitModelException if the model does not allow it
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  public static ExecutionPlan compile(CheckedModel model, List<Request> requests) {
    return compileAll(model, List.of(requests)).getFirst();
  }

  /** {@link #compileAll(CheckedModel, List, long, PassObserver)} without a limit. */
  public static List<ExecutionPlan> compileAll(CheckedModel model, List<List<Request>> purposes) {
    return compileAll(model, purposes, Long.MAX_VALUE, PassObserver.NONE);
  }

  /**
   * Execution plans for several purposes, made side by side; what they have in common is made once.
   *
   * @param memory bytes that a plan with training in it may take; others are not changed by it
   * @param observer is told of every pass over every graph
   * @throws UnfitModelException if the model does not allow one of them
   * @throws MemoryLimitException if training takes more, whatever is computed again
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  public static List<ExecutionPlan> compileAll(
      CheckedModel model, List<List<Request>> purposes, long memory, PassObserver observer) {
    PassDriver passes = new PassDriver(observer);
    Planner planner = new Planner(Passes.FUSION);
    List<Pass> all = Stream.concat(Passes.WHOLE.stream(), Passes.LOWERING.stream()).toList();
    return purposes.parallelStream()
        .map(
            requests ->
                plan(
                    new Compiler(model, passes).derived(requests),
                    all,
                    PassOptions.of(requests, memory, planner),
                    passes))
        .toList();
  }

  private static PassOptions options(List<Request> requests, long memory) {
    return PassOptions.of(requests, memory, new Planner(Passes.FUSION));
  }

  private static ExecutionPlan plan(
      Derived d, List<Pass> all, PassOptions options, PassDriver passes) {
    if (!d.problems().isEmpty()) {
      throw new UnfitModelException(d.problems());
    }
    ExecutionPlan plan = options.planner().plan(passes.run(all, d, options).job());
    List<Problem> wide = wideIndexes(plan);
    if (!wide.isEmpty()) {
      throw new UnfitModelException(wide);
    }
    return plan;
  }

  /** The calls whose positions 32 bits do not hold, one for each kernel. */
  static List<Problem> wideIndexes(ExecutionPlan plan) {
    Map<Integer, Problem> problems = new TreeMap<>();
    for (Step s : plan.steps().values()) {
      for (KernelCall c : s.calls()) {
        if (!problems.containsKey(c.kernel())) {
          WideIndexes.of(plan.kernels().get(c.kernel()))
              .ifPresent(positions -> problems.put(c.kernel(), wide(c, positions)));
        }
      }
    }
    return List.copyOf(problems.values());
  }

  private static Problem wide(KernelCall c, Interval positions) {
    return new Problem(
        c.origin().where(),
        c.origin().module(),
        c.label(),
        Text.format("counts positions to %d", positions.high()),
        Text.format(
            "at most %d are possible; take a smaller batch or fewer elements", Integer.MAX_VALUE));
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

  private Derived derived(List<Request> requests) {
    for (Storage s : model.storage()) {
      declare(new StoredId(role(s.role()), s.path()), s.type());
    }
    boolean initialised = false;
    for (Request r : requests) {
      switch (r) {
        case Request.Initialise() -> initialised = true;
        case Request.Evaluate(String name) -> evaluate(name);
        case Request.Train t -> train(t);
        case Request.Generate g -> generate(g);
        case Request.Loss(String name) -> loss(name);
        case Request.StoreWeights _, Request.MixedPrecision _ -> {} // what passes do
      }
    }
    // Last, because training says which parameters have an average to begin.
    if (initialised) {
      derived(StepId.INITIALISE, Initialisation.derive(model.storage(), averaged));
    }
    List<StepGraph> steps = new ArrayList<>();
    graphs.forEach((id, g) -> steps.add(new StepGraph(id, g)));
    return new Derived(model, steps, List.copyOf(stored.values()), problems, uncached);
  }

  private static Role role(Storage.Role role) {
    return switch (role) {
      case PARAMETER -> Role.PARAMETER;
      case BUFFER -> Role.BUFFER;
      case FROZEN -> Role.FROZEN;
    };
  }

  private void declare(StoredId id, TensorType type) {
    stored.putIfAbsent(id, new StorageDeclaration(id, type));
  }

  private Entry entry(String name) {
    return model
        .entry(name)
        .orElseThrow(() -> new NoSuchElementException(model.name() + " has no entry " + name));
  }

  private void derived(StepId id, Graph g) {
    graphs.put(id, passes.simplified(g));
  }

  /** Of an objective's own loss, its loss: both are asked for by that name. */
  private void evaluate(String name) {
    Entry entry = entry(name);
    for (Entry e : model.entries(Entry.Kind.OBJECTIVE)) {
      if (StepId.loss(e.name()).name().equals(name)) {
        loss(e.name());
        return;
      }
    }
    StepId id = StepId.evaluate(name);
    graphs.put(id, passes.shared(id, () -> EntryBuilder.graph(entry)));
  }

  private void loss(String objective) {
    StepId id = StepId.loss(objective);
    graphs.put(id, passes.shared(id, () -> Training.loss(model, entry(objective))));
  }

  private void train(Request.Train t) {
    String objective = t.objective();
    Training training = new Training(model, entry(objective), passes);
    for (Storage s : training.parameters()) {
      declare(new StoredId(Role.GRADIENT, s.path()), s.type());
      declare(new StoredId(Role.MOMENT1, s.path()), s.type());
      declare(new StoredId(Role.MOMENT2, s.path()), s.type());
      if (t.optimizer().averaged()) {
        declare(new StoredId(Role.AVERAGE, s.path()), s.type());
        averaged.add(s.path());
      }
    }
    graphs.put(StepId.gradients(objective), training.gradients());
    if (t.accumulate()) {
      graphs.put(StepId.accumulate(objective), training.accumulate());
    }
    derived(
        StepId.update(objective),
        Optimization.derive(objective, t.optimizer(), training.parameters()));
    loss(objective);
  }

  private void generate(Request.Generate g) {
    Generation.Steps steps = Generation.derive(entry(g.entry()), g, passes);
    problems.addAll(steps.problems());
    uncached.addAll(steps.uncached());
    steps.caches().forEach(c -> stored.putIfAbsent(c.id(), c));
    steps.graphs().forEach(s -> derived(s.id(), s.graph()));
  }
}
