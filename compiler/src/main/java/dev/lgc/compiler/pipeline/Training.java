package dev.lgc.compiler.pipeline;

import static dev.lgc.compiler.plan.StoredTensor.Role.GRADIENT;

import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.build.EntryBuilder;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Derives an objective's steps: gradients, their accumulation and the loss alone. */
final class Training {
  private final CheckedModel model;
  private final Entry objective;
  private final List<Storage> trained;

  Training(CheckedModel model, Entry objective) {
    this.model = model;
    this.objective = objective;
    this.trained = trained();
  }

  /** The parameters the objective changes: those named that its loss depends on. */
  List<Storage> parameters() {
    return trained;
  }

  private List<Storage> trained() {
    GraphBuilder b = new GraphBuilder();
    EntryBuilder.Built built = EntryBuilder.add(b, objective);
    List<Storage> named = new ArrayList<>();
    for (Storage s : model.storage()) {
      if (s.role() == Storage.Role.PARAMETER
          && (objective.over().isEmpty() || objective.over().contains(s.path()))) {
        named.add(s);
      }
    }
    int[] gradients = gradients(b, built, named);
    List<Storage> reached = new ArrayList<>();
    for (int i = 0; i < gradients.length; i++) {
      if (gradients[i] != Terms.NONE) {
        reached.add(named.get(i));
      }
    }
    return reached;
  }

  private static int[] gradients(GraphBuilder b, EntryBuilder.Built built, List<Storage> of) {
    int before = b.size();
    List<Integer> reads = of.stream().map(s -> b.add(new Stored(s.path(), s.type()))).toList();
    int[] gradients = Autodiff.reached(b, built.outputs().get("loss"), reads);
    for (int i = 0; i < gradients.length; i++) {
      if (reads.get(i) >= before) {
        gradients[i] = Terms.NONE;
      }
    }
    return gradients;
  }

  /**
   * Step {@code NAME.gradients}, or {@code NAME.accumulate}.
   *
   * @param accumulate add to the gradients instead of replacing them
   */
  Graph gradients(boolean accumulate) {
    GraphBuilder b = new GraphBuilder();
    EntryBuilder.Built built = EntryBuilder.add(b, objective);
    int[] gradients = gradients(b, built, trained);
    Map<String, Integer> updates = new LinkedHashMap<>(built.updates());
    for (int i = 0; i < gradients.length; i++) {
      TensorType type = trained.get(i).type();
      String key = StoredTensor.key(GRADIENT, trained.get(i).path());
      int g = gradients[i];
      updates.put(
          key,
          accumulate
              ? b.derived(g, "accumulate", () -> b.plus(b.add(new Stored(key, type)), g))
              : g);
    }
    String name = objective.name() + (accumulate ? ".accumulate" : ".gradients");
    return b.build(name, built.outputs(), updates);
  }

  /** Step {@code NAME.loss}: the model's own {@code NAME.loss} if it has one; changes nothing. */
  Graph loss() {
    String name = objective.name() + ".loss";
    GraphBuilder b = new GraphBuilder();
    EntryBuilder.Built built = EntryBuilder.add(b, model.entry(name).orElse(objective));
    return b.build(name, built.outputs(), Map.of());
  }
}
