package dev.lgc.compiler.pipeline;

import static dev.lgc.compiler.rewrite.storage.StoredId.Role.GRADIENT;

import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.build.EntryBuilder;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Derives an objective's steps: gradients, their accumulation and the loss alone. */
final class Training {
  private final CheckedModel model;
  private final Entry objective;
  private final OptionalInt batch;
  private final List<Storage> trained = new ArrayList<>();
  private final Graph gradients;

  /**
   * @param batch the size in the names of the steps, if they have one
   */
  Training(
      CheckedModel model, Entry objective, OptionalInt batch, UnaryOperator<Graph> simplified) {
    this.model = model;
    this.objective = objective;
    this.batch = batch;
    this.gradients = simplified.apply(derive());
  }

  /** The parameters the objective changes: those named that its loss depends on. */
  List<Storage> parameters() {
    return trained;
  }

  private Graph derive() {
    GraphBuilder b = new GraphBuilder();
    EntryBuilder.Built built = EntryBuilder.add(b, objective);
    List<Storage> named = new ArrayList<>();
    Set<String> over = Set.copyOf(objective.over());
    for (Storage s : model.storage()) {
      if (s.role() == Storage.Role.PARAMETER && (over.isEmpty() || over.contains(s.path()))) {
        named.add(s);
      }
    }
    int before = b.size();
    List<Integer> reads = named.stream().map(s -> b.add(new Stored(s.path(), s.type()))).toList();
    int[] found = Autodiff.reached(b, built.outputs().get("loss"), reads);
    Map<String, Integer> updates = new LinkedHashMap<>(built.updates());
    for (int i = 0; i < found.length; i++) {
      if (found[i] != Terms.NONE && reads.get(i) < before) {
        trained.add(named.get(i));
        updates.put(new StoredId(GRADIENT, named.get(i).path()).name(), found[i]);
      }
    }
    return b.build(gradientsId().name(), built.outputs(), updates);
  }

  private StepId gradientsId() {
    return StepId.gradients(objective.name()).forBatch(batch);
  }

  /** Step {@code NAME.gradients}. */
  StepGraph gradients() {
    return new StepGraph(gradientsId(), gradients, objective.exports());
  }

  /** The same of gradients that are to be added up later, under the name that they have then. */
  StepGraph gradients(GradientSum ranks) {
    return ranks.sharding().hasBlocks()
        ? derived(gradientsId(), ranks::own, (b, s, g) -> g)
        : gradients();
  }

  /** Step {@code NAME.accumulate}: adds to the gradients instead of replacing them. */
  StepGraph accumulate(GradientSum ranks) {
    StepId id = StepId.accumulate(objective.name()).forBatch(batch);
    return derived(id, ranks::own, (b, s, g) -> plus(b, ranks, s, g));
  }

  /** Step {@code NAME.reduce}: the same; then those of all ranks are added up. */
  StepGraph reduce(GradientSum ranks) {
    StepId id = StepId.reduce(objective.name()).forBatch(batch);
    return derived(id, s -> new StoredId(GRADIENT, s.path()), (b, s, g) -> plus(b, ranks, s, g));
  }

  private static int plus(GraphBuilder b, GradientSum ranks, Storage s, int g) {
    String name = ranks.own(s).name();
    return b.derived(g, "accumulate", () -> b.plus(b.add(new Stored(name, s.type())), g));
  }

  /** The value that is stored of a gradient. */
  private interface StoredValue {
    int of(GraphBuilder b, Storage parameter, int gradient);
  }

  /** The step with other values stored of gradients, and under other names. */
  private StepGraph derived(StepId id, Function<Storage, StoredId> names, StoredValue value) {
    Map<String, Storage> parameters = new LinkedHashMap<>();
    trained.forEach(s -> parameters.put(new StoredId(GRADIENT, s.path()).name(), s));
    GraphBuilder b = new GraphBuilder();
    int[] values = b.copy(gradients, Map.of());
    Map<String, Integer> outputs = new LinkedHashMap<>();
    gradients.outputs().forEach((k, v) -> outputs.put(k, values[v]));
    Map<String, Integer> updates = new LinkedHashMap<>();
    gradients
        .updates()
        .forEach(
            (k, v) -> {
              Storage s = parameters.get(k);
              if (s == null) {
                updates.put(k, values[v]);
              } else {
                updates.put(names.apply(s).name(), value.of(b, s, values[v]));
              }
            });
    return new StepGraph(id, b.build(id.name(), outputs, updates), objective.exports());
  }

  /** Step {@code NAME.loss}: the model's own {@code NAME.loss} if it has one; changes nothing. */
  static Graph loss(CheckedModel model, Entry objective, StepId id) {
    GraphBuilder b = new GraphBuilder();
    Entry evaluation = model.entry(Entry.evaluation(objective.name())).orElse(objective);
    EntryBuilder.Built built = EntryBuilder.add(b, evaluation);
    return b.build(id.name(), built.outputs(), Map.of());
  }
}
