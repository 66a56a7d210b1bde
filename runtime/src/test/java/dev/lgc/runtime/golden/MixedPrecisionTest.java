package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.pipeline.Request;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training with rounded factors: what that does to the reference's loss and gradients. */
@Tag("backend")
final class MixedPrecisionTest {
  /** Relative error of a rounded number. */
  private static final double ROUNDING = 0x1p-9;

  /** Products that one after the other a gradient goes through, forward and back. */
  private static final int PRODUCTS = 2 * (3 * 4 + 1);

  private static Map<String, double[]> meant;

  private static Map<String, double[]> trained(GoldenTarget target, Request... more) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_train");
    Request train =
        new Request.Train(
            "next_token", new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1.0, false), false);
    Request[] all = new Request[more.length + 1];
    all[0] = train;
    System.arraycopy(more, 0, all, 1, more.length);
    Map<String, double[]> results = new LinkedHashMap<>();
    try (GoldenTarget.Running run = target.open(GoldenModels.classToImage(4, 2), all)) {
      run.load(GoldenFile.open("gpt_tiny_c2i"), "", "");
      Map<String, double[]> inputs = new HashMap<>();
      inputs.put("codes", golden.get("in.idx.0"));
      inputs.put("label", golden.get("in.cond.0"));
      results.put("loss", run.run("next_token.gradients", inputs).get("loss"));
      for (String p : golden.under("grad.")) {
        results.put("grad." + p, run.stored("gradient:" + p));
      }
    }
    return results;
  }

  private static Stream<GoldenTarget> targets() {
    return Stream.concat(GoldenTarget.all().stream(), SessionTarget.libraryBf16().stream());
  }

  @ParameterizedTest
  @MethodSource("targets")
  void lossAndGradientsAreOffByWhatTheFactorsAre(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_train");
    Map<String, double[]> got = trained(target, new Request.MixedPrecision());
    double reference = golden.get("step_losses")[0];
    double loss = Math.abs(got.get("loss")[0] - reference) / reference;
    double most = 0;
    double least = Double.POSITIVE_INFINITY;
    for (String p : golden.under("grad.")) {
      double off = Parity.relativeError(golden.get("grad." + p), got.get("grad." + p));
      most = Math.max(most, off);
      least = Math.min(least, off);
    }
    // Errors of products in a row, and of their two factors, are independent.
    double allowed = Math.sqrt(2 * PRODUCTS) * ROUNDING;
    System.out.printf(
        Locale.ROOT,
        "bf16 on %s: loss off by %.1e, gradients by %.1e to %.1e (at most %.1e)%n",
        target,
        loss,
        least,
        most,
        allowed);
    assertTrue(loss <= ROUNDING, "loss off by " + loss);
    assertTrue(most <= allowed, "a gradient off by " + most);
    assertTrue(least > 1e-4, "nothing was rounded on the way to a gradient: " + least);
    // What sums differ by in their last places may be rounded to the next number of few bits.
    if (meant == null) {
      meant = trained(new InterpreterTarget(), new Request.MixedPrecision());
    }
    double beside = 0;
    for (Map.Entry<String, double[]> e : meant.entrySet()) {
      beside = Math.max(beside, Parity.relativeError(e.getValue(), got.get(e.getKey())));
    }
    System.out.printf(Locale.ROOT, "  %.1e beside the interpreter%n", beside);
    assertTrue(beside <= ROUNDING / 4, "beside the interpreter: " + beside);
  }
}
