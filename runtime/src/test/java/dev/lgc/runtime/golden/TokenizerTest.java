package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The image tokenizer: codes, pictures, losses, gradients, and a step of both its optimizers. */
@Tag("backend")
final class TokenizerTest {
  private static final String ALL = "dev.lgc.runtime.golden.GoldenTarget#all";
  private static final String COMPILED = "dev.lgc.runtime.golden.GoldenTarget#compiled";
  private static final Request.Optimizer ADAM =
      new Request.Optimizer(0.9, 0.95, 1e-8, 0, 1.0, false);

  private static final List<String> PARTS =
      List.of("encoder.", "decoder.", "quantize.embedding.", "quant_conv.", "post_quant_conv.");

  private static final String QUANTIZER =
      """
      import "vq.arch"

      model Quantizer() {
        param z: [2, 4, 3, 3] = zeros
        quantize = VectorQuantizer(16, 4, 0.25, 0.1, l2_norm: false, usage_window: 0)

        forward codes(x: [2, 4, 3, 3]) -> int[2, 9] = quantize.encode(x)
        forward entropy(d: [20, 16]) -> [] = quantize.entropy(d)

        objective probe(w: [2, 4, 3, 3]) {
          let (zq, vq_loss, commit_loss, entropy_loss, usage) = quantize(z)
          export zq = zq
          report vq = vq_loss
          report commit = commit_loss
          report entropy = entropy_loss
          minimize sum(zq * w) + vq_loss + commit_loss + entropy_loss
        }
      }
      """;

  @ParameterizedTest
  @MethodSource(ALL)
  void quantizingWithoutNormalisation(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("quantizer_nol2");
    CheckedModel model = GoldenModels.model(QUANTIZER);
    try (GoldenTarget.Running run =
        target.open(
            model,
            new Request.Evaluate("codes"),
            new Request.Evaluate("entropy"),
            new Request.Train("probe", ADAM, false))) {
      run.store("quantize.embedding.weight", golden.get("codebook"));
      run.store("z", golden.get("z"));
      double[] codes = run.run("codes", Map.of("x", golden.get("z"))).get("result");
      assertArrayEquals(golden.get("indices"), codes);
      Map<String, double[]> out = run.run("probe.gradients", Map.of("w", golden.get("w")));
      // The reference is given affinities, the negated distances.
      double[] distances = golden.get("ent.affinity").clone();
      for (int i = 0; i < distances.length; i++) {
        distances[i] = -distances[i];
      }
      double[] entropy = run.run("entropy", Map.of("d", distances)).get("result");
      new Parity("quantizer_nol2 on " + target)
          .forward("zq", golden.get("zq"), out.get("zq"))
          .forward("vq", golden.get("vq"), out.get("vq"))
          .forward("commit", golden.get("commit"), out.get("commit"))
          .forward("entropy", golden.get("entropy"), out.get("entropy"))
          .forward("entropy of affinities", golden.get("ent.loss"), entropy)
          .gradient("z", golden.get("grad_z"), run.stored("gradient:z"))
          .gradient(
              "codebook",
              golden.get("grad_codebook"),
              run.stored("gradient:quantize.embedding.weight"))
          .check();
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void picturesToCodesAndBack(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("vq_tiny_io");
    CheckedModel model =
        vq("16", "[1, 2]", "2", "32", Map.of("disc_weight", "0.0", "perceptual_weight", "0.0"));
    Map<String, double[]> images = Map.of("images", golden.get("x"));
    try (GoldenTarget.Running run =
        target.open(
            model,
            new Request.Evaluate("encode"),
            new Request.Evaluate("decode"),
            new Request.Train("tokenizer", ADAM, false))) {
      run.load(GoldenFile.open("vq_tiny"), "", "");
      assertArrayEquals(golden.get("indices"), run.run("encode", images).get("result"));
      double[] decoded = run.run("decode", Map.of("indices", golden.get("indices"))).get("result");
      Map<String, double[]> out = run.run("tokenizer.gradients", images);
      Parity parity =
          new Parity("vq_tiny_io on " + target)
              .forward("decoded", golden.get("dec_code"), decoded)
              .forward("reconstruction", golden.get("dec"), out.get("reconstruction"))
              .forward("mse", golden.get("loss_mse"), out.get("rec_loss"))
              .forward("vq loss", golden.get("loss_vq"), out.get("vq_loss"))
              .forward("commitment", golden.get("loss_commit"), out.get("commit_loss"))
              .forward("entropy", golden.get("loss_entropy"), out.get("entropy_loss"))
              .forward("loss", golden.get("loss_total"), out.get("loss"))
              .forward("usage", golden.get("codebook_usage"), out.get("codebook_usage"));
      double[] used = run.stored("quantize.codebook_used");
      double[] tail = golden.get("codebook_used_tail");
      parity.forward(
          "recent codes", tail, Arrays.copyOfRange(used, used.length - tail.length, used.length));
      gradients(parity, golden, "grad.", run, "", 1);
      parity.check();
    }
  }

  @ParameterizedTest
  @MethodSource(COMPILED)
  void aStepWithHingeLosses(GoldenTarget target) {
    adversarial(target, "vqloss_hinge_nolpips", Map.of("perceptual_weight", "0.0"));
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void aStepWithPerceptualLossAndAdaptiveWeight(GoldenTarget target) {
    adversarial(
        target,
        "vqloss_adaptive_lpips",
        Map.of("disc_adaptive", "true", "lpips_widths", "[4, 8, 8, 16, 16]"));
  }

  /** The gradients in these files are those after clipping, whatever their manifest says. */
  private static void adversarial(GoldenTarget target, String file, Map<String, String> settings) {
    GoldenFile golden = GoldenFile.open(file);
    GoldenFile first = GoldenFile.open("vqloss_init");
    Map<String, String> parameters = new HashMap<>(settings);
    parameters.putAll(Map.of("disc_width", "16", "disc_layers", "2", "disc_start", "0"));
    CheckedModel model = vq("16", "[1]", "1", "16", parameters);
    Parity parity = new Parity(file + " on " + target);
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("images", golden.get("x"));
    inputs.put("step", new double[] {0});
    inputs.put("lr", new double[] {1e-4});
    inputs.put("correction1", new double[] {1 - 0.9});
    inputs.put("correction2", new double[] {1 - 0.95});
    inputs.put("gradient_scale", new double[] {1});
    try (GoldenTarget.Running run =
        target.open(
            model,
            new Request.Train("tokenizer", ADAM, false),
            new Request.Train("discriminator", ADAM, false))) {
      for (String part : PARTS) {
        run.load(first, "vq." + part, part);
      }
      run.load(first, "disc.", "discriminator.");
      if (!settings.containsKey("perceptual_weight")) {
        run.load(GoldenFile.open("lpips_narrow"), "param.", "lpips.");
      }
      Map<String, double[]> out = run.run("tokenizer.gradients", inputs);
      inputs.put("reconstruction", out.get("reconstruction"));
      parity
          .forward("reconstruction", golden.get("recons"), out.get("reconstruction"))
          .forward("vq loss", golden.get("vq_loss"), out.get("vq_loss"))
          .forward("commitment", golden.get("commit"), out.get("commit_loss"))
          .forward("entropy", golden.get("entropy"), out.get("entropy_loss"))
          .forward("loss", golden.get("loss_gen"), out.get("loss"));
      if (golden.contains("adaptive_weight")) {
        parity.gradient(
            "adaptive weight", golden.get("adaptive_weight"), out.get("disc_adaptive_weight"));
      }
      double norm = golden.get("gen_grad_norm")[0];
      gradients(parity, golden, "vq.grad.", run, "", norm);
      parity.gradient(
          "norm",
          golden.get("gen_grad_norm"),
          run.run("tokenizer.update", inputs).get("gradient_norm"));
      after(parity, golden, "vq.after.", run, "");
      out = run.run("discriminator.gradients", inputs);
      parity.forward("discriminator's loss", golden.get("loss_disc"), out.get("loss"));
      norm = golden.get("disc_grad_norm")[0];
      gradients(parity, golden, "disc.grad.", run, "discriminator.", norm);
      parity.gradient(
          "discriminator's norm",
          golden.get("disc_grad_norm"),
          run.run("discriminator.update", inputs).get("gradient_norm"));
      after(parity, golden, "disc.after.", run, "discriminator.");
    }
    parity.check();
  }

  private static CheckedModel vq(
      String image, String multipliers, String blocks, String z, Map<String, String> more) {
    Map<String, String> parameters = new HashMap<>(more);
    parameters.putAll(
        Map.of(
            "image", image,
            "multipliers", multipliers,
            "ch", "32",
            "res_blocks", blocks,
            "z", z,
            "codes", "64",
            "entropy_ratio", "0.1"));
    return GoldenModels.model("import \"vq.arch\"", "VQ", parameters, Map.of("b", 2));
  }

  /**
   * Compares gradients.
   *
   * @param norm of all gradients together if those in the file were clipped to norm 1; 1 if not
   */
  private static void gradients(
      Parity parity,
      GoldenFile golden,
      String prefix,
      GoldenTarget.Running run,
      String path,
      double norm) {
    Set<String> noise = golden.analyticallyZero();
    for (String p : golden.under(prefix)) {
      if (!noise.contains(p)) {
        double[] actual = run.stored("gradient:" + path + p);
        double[] clipped = Arrays.stream(actual).map(g -> g / norm).toArray();
        parity.gradient("gradient of " + p, golden.get(prefix + p), clipped);
      }
    }
  }

  private static void after(
      Parity parity, GoldenFile golden, String prefix, GoldenTarget.Running run, String path) {
    Set<String> noise = golden.analyticallyZero();
    for (String p : golden.under(prefix)) {
      if (!noise.contains(p) && !p.endsWith("num_batches_tracked")) {
        parity.gradient(p + " after the step", golden.get(prefix + p), run.stored(path + p));
      }
    }
  }
}
