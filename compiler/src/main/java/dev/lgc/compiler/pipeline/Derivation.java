package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.build.EntryBuilder;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.compiler.rewrite.storage.ParameterBlock;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntFunction;

/** The graphs of the steps that some requests ask for, and the tensors that those store. */
final class Derivation {
  private final CheckedModel model;
  private final IntFunction<CheckedModel> batches;
  private final PassDriver passes;
  private final Map<Integer, Sized> sizes = new HashMap<>();
  private final Map<StepId, StepGraph> steps = new LinkedHashMap<>();
  private final Map<StoredId, StorageDeclaration> stored = new LinkedHashMap<>();
  private final Set<Problem> problems = new LinkedHashSet<>();
  private final Set<Problem> uncached = new LinkedHashSet<>();
  private final Set<String> averaged = new LinkedHashSet<>();
  private Request.Sharding sharding = Request.Sharding.NONE;
  private DType leaves = DType.F32;
  private boolean rounded;

  private Derivation(CheckedModel model, IntFunction<CheckedModel> batches, PassDriver passes) {
    this.model = model;
    this.batches = batches;
    this.passes = passes;
  }

  /** The model for batches of one size; of that whose steps do not say it, without a size. */
  private record Sized(CheckedModel model, OptionalInt batch) {
    Entry entry(String name) {
      return model
          .entry(name)
          .orElseThrow(() -> new NoSuchElementException(model.name() + " has no entry " + name));
    }
  }

  /**
   * Derives what is requested of a model.
   *
   * @param batches the model for batches of another size
   * @throws NoSuchElementException if a request names an entry that the model has not
   */
  static Derived of(
      CheckedModel model,
      IntFunction<CheckedModel> batches,
      List<Request> requests,
      PassDriver passes) {
    return new Derivation(model, batches, passes).derived(requests);
  }

  private Derived derived(List<Request> requests) {
    for (Storage s : model.storage()) {
      declare(new StoredId(role(s.role()), s.path()), s.type());
    }
    boolean initialised = false;
    sharding = Request.Sharding.of(requests);
    for (Request r : requests) {
      leaves = r instanceof Request.RoundGradients ? DType.BF16 : leaves;
      rounded |= r instanceof Request.RoundFactors;
    }
    for (Request r : requests) {
      initialised |= r instanceof Request.Initialise;
      derive(r, new Sized(model, OptionalInt.empty()));
    }
    // Last, because training says which parameters have an average to begin.
    if (initialised) {
      Graph init = Initialisation.derive(model.storage(), averaged, this::block);
      add(new StepGraph(StepId.INITIALISE, passes.simplified(init)));
    }
    return new Derived(
        model,
        List.copyOf(steps.values()),
        List.copyOf(stored.values()),
        List.copyOf(problems),
        List.copyOf(uncached),
        sharding);
  }

  /** The block of a parameter that each rank stores; empty for what is stored whole. */
  private Optional<ParameterBlock> block(Storage s) {
    return stored.get(new StoredId(role(s.role()), s.path())).block();
  }

  private void derive(Request request, Sized sized) {
    switch (request) {
      case Request.Evaluate(String name) -> evaluate(sized, name);
      case Request.Train t -> train(sized, t);
      case Request.Generate g -> generate(sized, g);
      case Request.Loss(String name) -> loss(sized, name);
      case Request.ForBatch b -> derive(b.request(), sizes.computeIfAbsent(b.size(), this::sized));
      case Request.Initialise _ -> {} // at the end
      case Request.StoreWeights _,
          Request.MixedPrecision _,
          Request.RoundFactors _,
          Request.RoundGradients _,
          Request.TensorParallel _ -> {} // passes
      case Request.Sharding _ -> {} // how those that train do it
    }
  }

  private Sized sized(int batch) {
    CheckedModel other = batches.apply(batch);
    if (!other.storage().equals(model.storage())) {
      throw new IllegalArgumentException(
          model.name()
              + " and "
              + other.name()
              + " for batches of "
              + batch
              + " store different"
              + " tensors");
    }
    return new Sized(other, OptionalInt.of(batch));
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

  private void add(StepGraph step) {
    steps.put(step.id(), step);
  }

  /** Of an objective's own loss, its loss: both are asked for by that name. */
  private void evaluate(Sized sized, String name) {
    Entry entry = sized.entry(name);
    for (Entry e : sized.model.entries(Entry.Kind.OBJECTIVE)) {
      if (Entry.evaluation(e.name()).equals(name)) {
        loss(sized, e.name());
        return;
      }
    }
    StepId id = StepId.evaluate(name).forBatch(sized.batch);
    add(
        new StepGraph(
            id, passes.shared(id, rounded, () -> EntryBuilder.graph(entry, id.name(), rounded))));
  }

  private void loss(Sized sized, String objective) {
    Entry entry = sized.entry(objective);
    StepId id = StepId.loss(objective).forBatch(sized.batch);
    Graph loss = passes.shared(id, false, () -> Training.loss(sized.model, entry, id));
    add(new StepGraph(id, loss, entry.exports()));
  }

  private void train(Sized sized, Request.Train t) {
    Entry entry = sized.entry(t.objective());
    StepId id = StepId.gradients(t.objective()).forBatch(sized.batch);
    Training training =
        passes.training(
            id, () -> new Training(sized.model, entry, sized.batch, passes::simplified));
    List<Storage> parameters = training.parameters();
    List<Problem> large = GradientNorm.problems(parameters, sharding.shards());
    problems.addAll(large);
    if (!large.isEmpty()) {
      return;
    }
    GradientSum ranks = new GradientSum(sharding, leaves);
    parameters.forEach(s -> declare(s, ranks, t));
    boolean isSummedAtOnce = sharding.isReducedAtOnce() && !t.accumulate();
    add(isSummedAtOnce ? training.gradients() : training.gradients(ranks));
    if (t.accumulate()) {
      add(training.accumulate(ranks));
      if (sharding.isReducedAtOnce()) {
        add(training.reduce(ranks));
      }
    }
    if (sharding.perRank() > 1) {
      combine(t.objective(), ranks, parameters);
    }
    Graph update = Optimization.derive(t.objective(), t.optimizer(), ranks, parameters);
    add(new StepGraph(StepId.update(t.objective()), passes.simplified(update)));
    loss(sized, t.objective());
  }

  private void declare(Storage s, GradientSum ranks, Request.Train t) {
    if (sharding.hasBlocks()) {
      StorageDeclaration block = ranks.declaration(Role.PARAMETER, s);
      stored.put(block.id(), block); // instead of the whole
      if (t.accumulate() || !sharding.isReducedAtOnce()) {
        declare(new StoredId(Role.LOCAL, s.path()), s.type());
      }
    }
    List<Role> roles = new ArrayList<>(List.of(Role.GRADIENT, Role.MOMENT1, Role.MOMENT2));
    if (t.optimizer().averaged()) {
      roles.add(Role.AVERAGE);
      averaged.add(s.path());
    }
    for (Role r : roles) {
      StorageDeclaration d = ranks.declaration(r, s);
      stored.putIfAbsent(d.id(), d);
    }
  }

  private void combine(String objective, GradientSum ranks, List<Storage> parameters) {
    for (int level = 0; level <= sharding.levels(); level++) {
      StepId id = StepId.combine(objective, level);
      add(new StepGraph(id, passes.simplified(Combination.derive(id, ranks, parameters))));
      if (level < sharding.levels()) {
        for (Storage s : parameters) {
          declare(StoredId.partial(s.path(), level), s.type());
        }
      }
    }
  }

  private void generate(Sized sized, Request.Generate g) {
    Generation.Steps made = Generation.derive(sized.entry(g.entry()), g, sized.batch, passes);
    problems.addAll(made.problems());
    uncached.addAll(made.uncached());
    made.caches().forEach(c -> stored.putIfAbsent(c.id(), c));
    made.graphs().forEach(s -> add(s.with(passes.simplified(s.graph()))));
  }
}
