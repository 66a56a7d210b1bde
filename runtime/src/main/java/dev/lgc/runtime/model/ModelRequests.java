package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.exec.Device;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The requests that the purposes of a model, training and inference, make of its plans. */
public final class ModelRequests {
  private ModelRequests() {}

  /** The requests of training; empty if the model has no objectives. */
  public static List<Request> training(CheckedModel model, boolean averaged) {
    List<String> names = model.entries(Entry.Kind.OBJECTIVE).stream().map(Entry::name).toList();
    if (names.isEmpty()) {
      return List.of();
    }
    return Request.training(
        names, new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, averaged), false);
  }

  /** The requests of inference: every function, and drawing with every generator. */
  public static List<Request> inference(CheckedModel model, boolean guided) {
    List<Request> all = new ArrayList<>();
    for (Entry e : model.entries()) {
      switch (e.kind()) {
        case FUNCTION -> all.add(new Request.Evaluate(e.name()));
        case GENERATE -> all.add(new Request.Generate(e.name(), guided, true, false));
        case OBJECTIVE -> {}
      }
    }
    return all;
  }

  /**
   * All purposes of a model, each as it is planned: training, and every use of its own.
   *
   * @param trained false to leave training out
   */
  public static List<List<Request>> purposes(CheckedModel model, boolean trained) {
    List<List<Request>> all = new ArrayList<>();
    Set<String> losses = new HashSet<>();
    if (trained && !training(model, false).isEmpty()) {
      all.add(training(model, false));
      // Training has the held-out losses with it.
      model.entries(Entry.Kind.OBJECTIVE).forEach(e -> losses.add(Entry.evaluation(e.name())));
    }
    for (Request r : inference(model, true)) {
      if (!(r instanceof Request.Evaluate e && losses.contains(e.entry()))) {
        all.add(List.of(r));
      }
    }
    return all;
  }

  /**
   * Requests of inference, with weights stored in a type.
   *
   * @param packed true if the device reads packed weights ({@link Device#readsPackedWeights}); only
   *     generators have them, which read weights for few rows at a time
   */
  public static List<Request> stored(List<Request> inference, WeightType type, boolean packed) {
    boolean some = packed && inference.stream().anyMatch(r -> r instanceof Request.Generate);
    if (!type.isQuantized() && !some) {
      return inference;
    }
    List<Request> all = new ArrayList<>(inference);
    all.add(new Request.StoreWeights(type, some));
    return all;
  }

  /**
   * Requests of inference, their functions computed of BF16 factors where weights of that type are
   * wanted and this is faster.
   *
   * @param type of weights that is wanted
   * @param multipliesBf16 true if the device does ({@link Device#multipliesBf16})
   */
  public static List<Request> rounded(
      List<Request> inference, WeightType type, boolean multipliesBf16) {
    boolean some = inference.stream().anyMatch(r -> r instanceof Request.Evaluate);
    if (type != WeightType.BF16 || !multipliesBf16 || !some) {
      return inference;
    }
    List<Request> all = new ArrayList<>(inference);
    all.add(new Request.RoundFactors());
    return all;
  }
}
