package dev.lgc.compiler.pipeline;

import static dev.lgc.compiler.rewrite.storage.StoredId.Role.GRADIENT;

import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.build.EntryBuilder;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Derives an objective's steps: gradients, their accumulation and the loss alone. */
final class Training {
  private final CheckedModel model;
  private final Entry objective;
  private final List<Storage> trained = new ArrayList<>();
  private final Graph gradients;

  Training(CheckedModel model, Entry objective, PassDriver passes) {
    this.model = model;
    this.objective = objective;
    this.gradients = passes.simplified(derive());
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
    return b.build(StepId.gradients(objective.name()).name(), built.outputs(), updates);
  }

  /** Step {@code NAME.gradients}. */
  Graph gradients() {
    return gradients;
  }

  /** Step {@code NAME.accumulate}: adds to the gradients instead of replacing them. */
  Graph accumulate() {
    GraphBuilder b = new GraphBuilder();
    int[] values = b.copy(gradients, Map.of());
    Map<String, Integer> outputs = new LinkedHashMap<>();
    gradients.outputs().forEach((k, v) -> outputs.put(k, values[v]));
    Map<String, Integer> updates = new LinkedHashMap<>();
    gradients.updates().forEach((k, v) -> updates.put(k, values[v]));
    for (Storage s : trained) {
      String name = new StoredId(GRADIENT, s.path()).name();
      int g = updates.get(name);
      int sum = b.derived(g, "accumulate", () -> b.plus(b.add(new Stored(name, s.type())), g));
      updates.put(name, sum);
    }
    return b.build(StepId.accumulate(objective.name()).name(), outputs, updates);
  }

  /** Step {@code NAME.loss}: the model's own {@code NAME.loss} if it has one; changes nothing. */
  static Graph loss(CheckedModel model, Entry objective) {
    String name = StepId.loss(objective.name()).name();
    GraphBuilder b = new GraphBuilder();
    EntryBuilder.Built built = EntryBuilder.add(b, model.entry(name).orElse(objective));
    return b.build(name, built.outputs(), Map.of());
  }
}
