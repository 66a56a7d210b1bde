package dev.lgc.runtime.golden;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.CheckedModel;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training a generator: logits, loss, every gradient, three steps of AdamW, moving averages. */
@Tag("backend")
final class GeneratorTrainingTest {
  private static final double LEARNING_RATE = 1e-3;
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.95;
  private static final String ALL = "dev.lgc.runtime.golden.GoldenTarget#all";
  private static final String COMPILED = "dev.lgc.runtime.golden.GoldenTarget#compiled";

  @ParameterizedTest
  @MethodSource(ALL)
  void classToImage(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_train");
    GoldenFile weights = GoldenFile.open("gpt_tiny_c2i");
    train(target, golden, weights, "", GoldenModels.classToImage(4, 2), 0.9);
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void headsThatShareKeysAndValues(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_kv2_train");
    train(target, golden, golden, "param.", GoldenModels.classToImage(2, 2), 0);
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void textToImage(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_t2i_train");
    GoldenFile weights = GoldenFile.open("gpt_tiny_t2i");
    train(target, golden, weights, "", GoldenModels.textToImage(6, 3), 0.9999);
  }

  @ParameterizedTest
  @MethodSource(COMPILED)
  void longCaptions(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_t2i120_train");
    GoldenFile weights = GoldenFile.open("gpt_tiny_t2i120");
    train(target, golden, weights, "", GoldenModels.textToImage(120, 3), 0);
  }

  private static void train(
      GoldenTarget target,
      GoldenFile golden,
      GoldenFile weights,
      String prefix,
      CheckedModel model,
      double decay) {
    Parity parity = new Parity(golden.name() + " on " + target);
    Request train =
        new Request.Train(
            "next_token", new Request.Optimizer(BETA1, BETA2, 1e-8, 0.05, 1.0, decay > 0), false);
    String average = decay == 0.9 ? "ema_9." : "ema_9999.";
    try (GoldenTarget.Running run = target.open(model, new Request.Evaluate("codes"), train)) {
      run.load(weights, prefix, "");
      for (StoredId id : run.storage()) {
        if (id.role() == StoredId.Role.AVERAGE) {
          run.store(id.name(), run.stored(id.as(StoredId.Role.PARAMETER).name()));
        }
      }
      Map<String, double[]> shown = batch(golden, 0);
      shown.put("codes", allButLast(golden.get("in.idx.0"), 16));
      parity.forward("logits", golden.get("logits"), run.run("codes", shown).get("logits"));
      for (int step = 0; step < 3; step++) {
        Map<String, double[]> outputs = run.run("next_token.gradients", batch(golden, step));
        parity.forward("loss " + step, one(golden.get("step_losses")[step]), outputs.get("loss"));
        if (step == 0) {
          for (String p : golden.under("grad.")) {
            parity.gradient(
                "gradient of " + p, golden.get("grad." + p), run.stored("gradient:" + p));
          }
        }
        double[] norm = run.run("next_token.update", update(step, decay)).get("gradient_norm");
        parity.gradient("norm " + step, one(golden.get("step_grad_norms")[step]), norm);
      }
      for (String p : golden.under("param_after.")) {
        parity.gradient(p + " after 3 steps", golden.get("param_after." + p), run.stored(p));
      }
      if (decay > 0) {
        for (String p : golden.under(average)) {
          parity.gradient("average of " + p, golden.get(average + p), run.stored("average:" + p));
        }
      }
    }
    parity.check();
  }

  private static Map<String, double[]> batch(GoldenFile golden, int step) {
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("codes", golden.get("in.idx." + step));
    if (golden.contains("in.cond")) {
      inputs.put("caption", golden.get("in.cond"));
      inputs.put("mask", golden.get("in.emb_mask"));
      inputs.put("valid", golden.get("in.valid." + step));
    } else {
      inputs.put("label", golden.get("in.cond." + step));
    }
    return inputs;
  }

  private static Map<String, double[]> update(int step, double decay) {
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("lr", one(LEARNING_RATE));
    inputs.put("correction1", one(1 - Math.pow(BETA1, step + 1)));
    inputs.put("correction2", one(1 - Math.pow(BETA2, step + 1)));
    inputs.put("gradient_scale", one(1));
    if (decay > 0) {
      inputs.put("average_decay", one(decay));
      inputs.put("average_rate", one(1 - decay));
    }
    return inputs;
  }

  private static double[] allButLast(double[] rows, int width) {
    double[] out = new double[rows.length / width * (width - 1)];
    for (int i = 0; i < out.length; i++) {
      out[i] = rows[i / (width - 1) * width + i % (width - 1)];
    }
    return out;
  }

  private static double[] one(double value) {
    return new double[] {value};
  }
}
