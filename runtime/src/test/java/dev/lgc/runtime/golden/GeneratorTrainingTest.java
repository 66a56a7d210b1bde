package dev.lgc.runtime.golden;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training a generator: logits, loss, every gradient, three steps of AdamW, moving averages. */
final class GeneratorTrainingTest {
  private static final double LEARNING_RATE = 1e-3;
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.95;

  static List<GoldenTarget> targets() {
    return GoldenTargets.all();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void classToImage(GoldenTarget target) {
    train(target, "gpt_tiny_c2i", GoldenModels.classToImage(4, 2), 0.9999, "ema_9999.");
  }

  private static void train(
      GoldenTarget target, String file, CheckedModel model, double decay, String average) {
    GoldenFile golden = GoldenFile.open(file + "_train");
    GoldenFile weights = GoldenFile.open(file);
    Parity parity = new Parity(golden.name() + " on " + target);
    Request.Optimizer adamw = new Request.Optimizer(BETA1, BETA2, 1e-8, 0.05, 1.0, decay);
    List<Request> requests = List.of(new Request.Train("next_token", adamw, false));
    try (GoldenTarget.Running run = target.open(model, requests)) {
      for (String p : weights.under("")) {
        run.store(p, weights.get(p));
        run.store("average:" + p, weights.get(p));
      }
      for (int step = 0; step < 3; step++) {
        Map<String, double[]> outputs = run.run("next_token.gradients", batch(golden, step));
        parity.forward("loss " + step, one(golden.get("step_losses")[step]), outputs.get("loss"));
        if (step == 0) {
          for (String p : golden.under("grad.")) {
            parity.gradient(
                "gradient of " + p, golden.get("grad." + p), run.stored("gradient:" + p));
          }
        }
        double[] norm = run.run("next_token.update", update(step)).get("gradient_norm");
        parity.gradient("norm " + step, one(golden.get("step_grad_norms")[step]), norm);
      }
      for (String p : golden.under("param_after.")) {
        parity.gradient(p + " after 3 steps", golden.get("param_after." + p), run.stored(p));
      }
      for (String p : golden.under(average)) {
        parity.gradient("average of " + p, golden.get(average + p), run.stored("average:" + p));
      }
    }
    parity.check();
  }

  private static Map<String, double[]> batch(GoldenFile golden, int step) {
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("codes", golden.get("in.idx." + step));
    inputs.put("label", golden.get("in.cond." + step));
    return inputs;
  }

  private static Map<String, double[]> update(int step) {
    return Map.of(
        "lr", one(LEARNING_RATE),
        "correction1", one(1 - Math.pow(BETA1, step + 1)),
        "correction2", one(1 - Math.pow(BETA2, step + 1)),
        "gradient_scale", one(1));
  }

  private static double[] one(double value) {
    return new double[] {value};
  }
}
