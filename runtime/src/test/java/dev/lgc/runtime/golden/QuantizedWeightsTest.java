package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.SharedFiles;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.model.Weights;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Drawing codes with weights and caches in fewer bits: what that does to the reference's logits.
 */
@Tag("backend")
final class QuantizedWeightsTest {
  private static final int CODES = 16;
  private static final int ROWS = 4;
  private static final int VOCABULARY = 128;

  /** Products that one after the other a logit goes through. */
  private static final int PRODUCTS = 3 * 5 + 1;

  /** Products with keys or values of earlier positions, of those. */
  private static final int CACHED = 3 * 2;

  /** Relative error of a weight: at most, or half a step where the largest is three deviations. */
  private static double error(WeightType type) {
    return switch (type) {
      case F32 -> 0x1p-24;
      case BF16 -> 0x1p-9;
      case INT8 -> 3 * 0.5 / 127;
    };
  }

  /**
   * Most relative error beside the interpreter. Where keys and values are rounded to BF16, one that
   * is off by a rounding of floats is now and then rounded to its other neighbour.
   */
  private static double beside(WeightType type) {
    return type == WeightType.F32 ? Parity.FORWARD : 0x1p-9 / 16;
  }

  /** What the interpreter says, by type. */
  private static final Map<WeightType, double[]> MEANT = new EnumMap<>(WeightType.class);

  /** Every type on every target; how F32 does on the slow ones others show. */
  private static List<Arguments> all() {
    List<Arguments> all = new ArrayList<>();
    for (WeightType type : WeightType.values()) {
      (type == WeightType.F32 ? GoldenTarget.compiled() : GoldenTarget.all())
          .stream()
              .filter(target -> !(target instanceof InterpreterTarget))
              .forEach(target -> all.add(Arguments.of(type, target)));
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("all")
  void logitsAreOffByWhatTheWeightsAre(WeightType type, GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_generate");
    Derived derived =
        Compiler.derive(
            GoldenModels.classToImage(4, ROWS),
            List.of(
                new Request.Generate("codes", false, true, false),
                new Request.StoreWeights(type, true)));
    Map<String, double[]> weights = weights(Compiler.plan(derived));
    double[] compiled = logits(derived, target, weights, golden);
    double[] meant =
        MEANT.computeIfAbsent(type, t -> logits(derived, new InterpreterTarget(), weights, golden));
    double beside = Parity.relativeError(meant, compiled);
    assertTrue(beside <= beside(type), Text.format("%s beside the interpreter: %g", type, beside));
    double off = Parity.relativeError(golden.get("cfg1.intm1.logits"), compiled);
    // Errors of products in a row are independent: they add up as their squares.
    double ofWeights = PRODUCTS * error(type) * error(type);
    double ofCaches =
        type.isQuantized() ? CACHED * error(WeightType.BF16) * error(WeightType.BF16) : 0;
    double allowed = Math.max(Parity.FORWARD, Math.sqrt(ofWeights + ofCaches));
    System.out.printf(
        Locale.ROOT,
        "%s on %s: logits off by %.1e (at most %.1e), %.1e beside the interpreter%n",
        type,
        target,
        off,
        allowed,
        beside);
    assertTrue(off <= allowed, type + ": " + off + ", at most " + allowed);
    assertTrue(type == WeightType.F32 || off > 1e-4, type + " changes nothing: " + off);
  }

  /** The reference's weights as a plan stores them. */
  private static Map<String, double[]> weights(ExecutionPlan plan) {
    Map<String, double[]> stored = new LinkedHashMap<>();
    try (Device device = new CpuDevice(1);
        Session session = Session.open(plan, device);
        SafetensorsFile weights =
            SafetensorsFile.open(SharedFiles.require("golden/gpt_tiny_c2i.safetensors"))) {
      new Weights(session, plan).load(weights, false);
      plan.storage().forEach(t -> stored.put(t.name(), session.storageTensor(t.name()).toArray()));
    }
    return stored;
  }

  /** The logits of every position, given the reference's codes before it. */
  private static double[] logits(
      Derived derived, GoldenTarget target, Map<String, double[]> weights, GoldenFile golden) {
    double[] all = new double[ROWS * CODES * VOCABULARY];
    double[] tokens = golden.get("cfg1.intm1.tokens");
    try (GoldenTarget.Running run = target.open(derived)) {
      weights.forEach(run::store);
      Map<String, double[]> inputs = new HashMap<>();
      inputs.put("label", golden.get("labels"));
      inputs.put("temperature", new double[] {1});
      inputs.put("top_k", new double[] {1});
      inputs.put("key", new double[4 * ROWS]);
      for (int i = 0; i < CODES; i++) {
        double[] before = new double[ROWS];
        for (int r = 0; r < ROWS && i > 0; r++) {
          before[r] = tokens[r * CODES + i - 1];
        }
        inputs.put("token", before);
        inputs.put("position", new double[] {i - 1});
        double[] here = run.run(i == 0 ? "codes.prefill" : "codes.step", inputs).get("logits");
        for (int r = 0; r < ROWS; r++) {
          int to = (r * CODES + i) * VOCABULARY;
          System.arraycopy(here, r * VOCABULARY, all, to, VOCABULARY);
        }
      }
    }
    return all;
  }
}
