package dev.lgc.runtime.golden;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.StoredId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What judges pictures: discriminators, their losses, the perceptual distance. */
@Tag("backend")
final class AdversaryTest {
  private static final String ALL = "dev.lgc.runtime.golden.GoldenTarget#all";
  private static final Request.Optimizer ADAM = new Request.Optimizer(0.9, 0.95, 1e-8, 0, 0, false);

  private static final String PATCHGAN =
      """
      import "gan.arch"

      model Judge() {
        param fake: [2, 3, 32, 32] = zeros
        critic = PatchGAN(width: 16, layers: 2)

        forward verdict(images: [2, 3, 32, 32]) -> [2, 1, 6, 6] = critic(images)

        objective discriminate(real: [2, 3, 32, 32]) {
          let r = critic(real)
          let f = critic(fake)
          export logits_real = r
          export logits_fake = f
          minimize discriminator_loss("KIND", r, f)
        }
        objective hinge() { minimize generator_loss("hinge", critic(fake)) }
        objective nonsat() { minimize generator_loss("non-saturating-reference", critic(fake)) }
      }
      """;

  private static final String LOSSES =
      """
      import "gan.arch"

      model Losses() {
        param real: [3, 1, 4, 4] = zeros
        param fake: [3, 1, 4, 4] = zeros
        objective hinge_d_loss() { minimize discriminator_loss("hinge", real, fake) }
        objective vanilla_d_loss() { minimize discriminator_loss("vanilla", real, fake) }
        objective non_saturating_d_loss() {
          minimize discriminator_loss("non-saturating-reference", real, fake)
        }
        objective hinge_gen_loss() { minimize generator_loss("hinge", fake) }
        objective non_saturating_gen_loss() { minimize generator_loss("non-saturating-reference", fake) }
      }
      """;

  private static final String STYLEGAN =
      """
      import "gan.arch"

      model Judge() {
        param fake: [2, 3, 32, 32] = zeros
        critic = StyleGANDiscriminator(32, 3, [8, 12, 16, 16])
        blur = Blur()

        forward blurred(x: [1, 2, 5, 6]) -> [1, 2, 5, 6] = blur(x)

        objective discriminate(real: [2, 3, 32, 32]) {
          let r = critic(real)
          let f = critic(fake)
          export logits_real = r
          export logits_fake = f
          minimize discriminator_loss("hinge", r, f)
        }
      }
      """;

  private static final String LPIPS =
      """
      import "lpips.arch"

      model Distance() {
        param y: [2, 3, 32, 32] = zeros
        frozen lpips = LPIPS([4, 8, 8, 16, 16])

        forward features(x: [2, 3, 32, 32]) -> ([*], [*], [*], [*], [*]) = lpips.net(x)

        objective distance(x: [2, 3, 32, 32]) {
          let each = lpips(x, y)
          export each = each
          minimize mean(each)
        }
      }
      """;

  @ParameterizedTest
  @MethodSource(ALL)
  void patchGan(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("patchgan");
    Parity parity = new Parity("patchgan on " + target);
    Map<String, double[]> real = Map.of("real", golden.get("real"));
    Map<String, String> kinds =
        Map.of("d_hinge", "hinge", "d_vanilla", "vanilla", "d_nonsat", "non-saturating-reference");
    kinds.forEach(
        (name, kind) -> {
          try (GoldenTarget.Running run =
              target.open(
                  GoldenModels.model(PATCHGAN.replace("KIND", kind)),
                  new Request.Evaluate("verdict"),
                  new Request.Train("discriminate", ADAM, false),
                  new Request.Train("hinge", ADAM, false),
                  new Request.Train("nonsat", ADAM, false))) {
            run.load(golden, "param.", "critic.");
            run.store("fake", golden.get("fake"));
            Map<String, double[]> out = run.run("discriminate.gradients", real);
            parity.forward(name, golden.get(name), out.get("loss"));
            String prefix = name + ".grad.";
            for (String p : golden.under(prefix)) {
              gradient(parity, prefix + p, golden, run, "critic." + p);
            }
            gradient(parity, name + ".grad_fake", golden, run, "fake");
            if (kind.equals("hinge")) {
              parity.forward("logits_real", golden.get("logits_real"), out.get("logits_real"));
              parity.forward("logits_fake", golden.get("logits_fake"), out.get("logits_fake"));
              statistics(parity, golden, run);
              double[] verdict =
                  run.run("verdict", Map.of("images", golden.get("real"))).get("result");
              parity.forward("running statistics", golden.get("logits_real_eval"), verdict);
              for (String g : List.of("hinge", "nonsat")) {
                double[] loss = run.run(g + ".gradients", Map.of()).get("loss");
                parity.forward("g_" + g, golden.get("g_" + g), loss);
                gradient(parity, "g_" + g + ".grad_fake", golden, run, "fake");
              }
            }
          }
        });
    parity.check();
  }

  private static void statistics(Parity parity, GoldenFile golden, GoldenTarget.Running run) {
    for (String p : golden.under("after.")) {
      if (!p.endsWith("num_batches_tracked")) {
        parity.forward(p, golden.get("after." + p), run.stored("critic." + p));
      }
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void losses(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gan_losses");
    Parity parity = new Parity("gan_losses on " + target);
    List<String> losses = golden.under("").stream().filter(n -> n.endsWith("_loss")).toList();
    for (String loss : losses) {
      try (GoldenTarget.Running run =
          target.open(GoldenModels.model(LOSSES), new Request.Train(loss, ADAM, false))) {
        run.store("real", golden.get("real"));
        run.store("fake", golden.get("fake"));
        double[] value = run.run(loss + ".gradients", Map.of()).get("loss");
        parity.forward(loss, golden.get(loss), value);
        for (String of : List.of("real", "fake")) {
          if (golden.contains(loss + ".grad_" + of)) {
            gradient(parity, loss + ".grad_" + of, golden, run, of);
          }
        }
      }
    }
    parity.check();
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void styleGan(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("stylegan_narrow");
    Parity parity = new Parity("stylegan_narrow on " + target);
    try (GoldenTarget.Running run =
        target.open(
            GoldenModels.model(STYLEGAN),
            new Request.Evaluate("blurred"),
            new Request.Train("discriminate", ADAM, false))) {
      run.load(golden, "param.", "critic.");
      run.store("fake", golden.get("fake"));
      Map<String, double[]> out =
          run.run("discriminate.gradients", Map.of("real", golden.get("real")));
      double[] blurred = run.run("blurred", Map.of("x", golden.get("blur.x"))).get("result");
      parity
          .forward("blur", golden.get("blur.y"), blurred)
          .forward("logits_real", golden.get("logits_real"), out.get("logits_real"))
          .forward("logits_fake", golden.get("logits_fake"), out.get("logits_fake"))
          .forward("hinge", golden.get("d_hinge"), out.get("loss"));
      gradient(parity, "grad_fake", golden, run, "fake");
      for (String p : golden.under("grad.")) {
        gradient(parity, "grad." + p, golden, run, "critic." + p);
      }
    }
    parity.check();
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void perceptualDistance(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("lpips_narrow");
    Parity parity = new Parity("lpips_narrow on " + target);
    Map<String, double[]> x = Map.of("x", golden.get("x"));
    try (GoldenTarget.Running run =
        target.open(
            GoldenModels.model(LPIPS),
            new Request.Evaluate("features"),
            new Request.Train("distance", ADAM, false))) {
      run.load(golden, "param.", "lpips.");
      run.store("y", golden.get("y"));
      Map<String, double[]> features = run.run("features", Map.of("x", standardised(golden)));
      for (int i = 0; i < 5; i++) {
        parity.forward("stage " + i, golden.get("feat." + i), features.get("result." + i));
      }
      Map<String, double[]> out = run.run("distance.gradients", x);
      parity.forward("distances", golden.get("val"), out.get("each"));
      gradient(parity, "grad_y", golden, run, "y");
    }
    parity.check();
  }

  /** The pictures with the reference's shift and scale of each channel. */
  private static double[] standardised(GoldenFile golden) {
    double[] x = golden.get("x").clone();
    for (int i = 0; i < x.length; i++) {
      int channel = i / (32 * 32) % 3;
      double shift = golden.get("param.scaling_layer.shift")[channel];
      x[i] = (x[i] - shift) / golden.get("param.scaling_layer.scale")[channel];
    }
    return x;
  }

  /** A parameter that a loss does not depend on has no gradient; the reference has zeros. */
  private static void gradient(
      Parity parity, String name, GoldenFile golden, GoldenTarget.Running run, String path) {
    StoredId gradient = new StoredId(StoredId.Role.GRADIENT, path);
    double[] expected = golden.get(name);
    boolean reached = run.storage().contains(gradient);
    parity.gradient(
        name, expected, reached ? run.stored(gradient.name()) : new double[expected.length]);
  }
}
