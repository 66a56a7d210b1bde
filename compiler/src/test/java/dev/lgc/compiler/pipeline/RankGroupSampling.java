package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.rewrite.storage.AxisPart;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.dsl.model.CheckedModel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A model in parts, all of whose ranks the interpreter computes at once. */
final class RankGroupSampling {
  private final int ranks;
  private final Derived derived;
  private final List<Map<String, double[]>> stored = new ArrayList<>();

  /**
   * @param weights whole, by name
   */
  RankGroupSampling(
      CheckedModel model, List<Request> requests, int ranks, Map<String, double[]> weights) {
    this.ranks = ranks;
    List<Request> all = new ArrayList<>(requests);
    all.add(new Request.TensorParallel(ranks));
    derived = Compiler.derive(model, all);
    for (int r = 0; r < ranks; r++) {
      Map<String, double[]> own = new HashMap<>();
      for (StorageDeclaration d : derived.stored()) {
        double[] values = new double[(int) d.type().shape().elements()];
        double[] whole = weights.get(d.name());
        if (d.part().orElse(null) instanceof AxisPart part) {
          part.runs(
              r,
              (first, at, count) ->
                  System.arraycopy(whole, (int) first, values, (int) at, (int) count));
        } else if (whole != null) {
          System.arraycopy(whole, 0, values, 0, values.length);
        }
        own.put(d.name(), values);
      }
      stored.add(own);
    }
  }

  Derived derived() {
    return derived;
  }

  /** Elements that a rank stores. */
  long elements() {
    return derived.stored().stream().mapToLong(d -> d.type().shape().elements()).sum();
  }

  /** Runs a step on all ranks; the outputs of each. */
  List<Map<String, double[]>> run(String step, Map<String, double[]> inputs) {
    List<Interpreter.Result> results =
        new Interpreter(Verifier.verified(derived.graph(step)), Precision.AS_TYPED)
            .run(Collections.nCopies(ranks, inputs), stored);
    List<Map<String, double[]>> outputs = new ArrayList<>();
    for (int r = 0; r < ranks; r++) {
      stored.get(r).putAll(results.get(r).updates());
      outputs.add(results.get(r).outputs());
    }
    return outputs;
  }
}
