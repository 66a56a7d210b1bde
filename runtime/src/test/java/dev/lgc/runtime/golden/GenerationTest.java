package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.model.CheckedModel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Drawing codes with the cached steps that the compiler derives: the most likely code every time,
 * and the logits it was taken from.
 */
@Tag("backend")
final class GenerationTest {
  private static final int CODES = 16;
  private static final int VOCABULARY = 128;
  private static final String ALL = "dev.lgc.runtime.golden.GoldenTarget#all";
  private static final String COMPILED = "dev.lgc.runtime.golden.GoldenTarget#compiled";

  /** Guidance {@code scale}, from the first code to number {@code interval} + 1; -1: to the end. */
  private record Guidance(double scale, int interval) {
    double at(int position) {
      return interval >= 0 && position > interval ? 1 : scale;
    }
  }

  private static final Guidance NONE = new Guidance(1, -1);

  @ParameterizedTest
  @MethodSource(ALL)
  void classesWithoutGuidance(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_generate");
    Map<String, double[]> labels = Map.of("label", golden.get("labels"));
    try (GoldenTarget.Running run = classes(target, 4, false)) {
      check(target, golden, run, "cfg1.intm1.", labels, NONE);
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void classesWithGuidanceAndWithAnInterval(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_generate");
    Map<String, double[]> labels = Map.of("label", golden.get("labels"));
    try (GoldenTarget.Running run = classes(target, 4, true)) {
      check(target, golden, run, "cfg4.intm1.", labels, new Guidance(4, -1));
      check(target, golden, run, "cfg4.int5.", labels, new Guidance(4, 5));
      check(target, golden, run, "cfg1.int5.", labels, NONE);
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void oneImageAlone(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_generate");
    try (GoldenTarget.Running run = classes(target, 1, true)) {
      Map<String, double[]> label = Map.of("label", new double[] {5});
      check(target, golden, run, "single.", label, new Guidance(4, -1));
    }
  }

  /** The weights are there once; either size draws what the reference draws, in any order. */
  @ParameterizedTest
  @MethodSource(ALL)
  void batchesOfTwoSizesByOnePlan(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_generate");
    Map<String, double[]> labels = Map.of("label", golden.get("labels"));
    Map<String, double[]> label = Map.of("label", new double[] {5});
    Guidance four = new Guidance(4, -1);
    Request.Generate codes = new Request.Generate("codes", true, true, false);
    Derived derived =
        Compiler.derive(
            GoldenModels.classToImage(4, 4),
            size -> GoldenModels.classToImage(4, size),
            List.of(codes, new Request.ForBatch(1, codes)));
    try (GoldenTarget.Running run = target.open(derived)) {
      run.load(GoldenFile.open("gpt_tiny_c2i"), "", "");
      check(target, golden, run, "cfg4.intm1.", labels, four);
      check(target, golden, run, "single.", label, four, OptionalInt.of(1));
      check(target, golden, run, "cfg4.intm1.", labels, four);
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void captions(GoldenTarget target) {
    captions(target, "gpt_tiny_t2i", 6);
  }

  @ParameterizedTest
  @MethodSource(COMPILED)
  void longCaptions(GoldenTarget target) {
    captions(target, "gpt_tiny_t2i120", 120);
  }

  private static GoldenTarget.Running classes(GoldenTarget target, int batch, boolean guided) {
    CheckedModel model = GoldenModels.classToImage(4, batch);
    GoldenTarget.Running run =
        target.open(model, new Request.Generate("codes", guided, true, false));
    run.load(GoldenFile.open("gpt_tiny_c2i"), "", "");
    return run;
  }

  private static void captions(GoldenTarget target, String file, int tokens) {
    GoldenFile golden = GoldenFile.open(file + "_generate");
    GoldenFile train = GoldenFile.open(file + "_train");
    GoldenFile weights = GoldenFile.open(file);
    CheckedModel model = GoldenModels.textToImage(tokens, 3);
    double[] mask = train.get("in.emb_mask");
    double[] everything = new double[mask.length];
    Arrays.fill(everything, 1);
    Map<String, double[]> masked = Map.of("caption", train.get("in.cond"), "mask", mask);
    Map<String, double[]> whole = Map.of("caption", train.get("in.cond"), "mask", everything);
    try (GoldenTarget.Running run =
        target.open(model, new Request.Generate("codes", true, true, false))) {
      run.load(weights, "", "");
      check(target, golden, run, "cfg7.mask.", masked, new Guidance(7.5, -1));
      check(target, golden, run, "cfg7.nomask.", whole, new Guidance(7.5, -1));
      check(target, golden, run, "cfg1.mask.", masked, NONE);
    }
  }

  private static void check(
      GoldenTarget target,
      GoldenFile golden,
      GoldenTarget.Running run,
      String prefix,
      Map<String, double[]> conditions,
      Guidance guidance) {
    check(target, golden, run, prefix, conditions, guidance, OptionalInt.empty());
  }

  private static void check(
      GoldenTarget target,
      GoldenFile golden,
      GoldenTarget.Running run,
      String prefix,
      Map<String, double[]> conditions,
      Guidance guidance,
      OptionalInt batch) {
    String prefill = StepId.prefill("codes").forBatch(batch).name();
    String step = StepId.step("codes").forBatch(batch).name();
    double[] tokens = golden.get(prefix + "tokens");
    double[] drawn = new double[tokens.length];
    double[] logits = new double[tokens.length * VOCABULARY];
    int rows = tokens.length / CODES;
    Map<String, double[]> inputs = new HashMap<>(conditions);
    inputs.put("temperature", new double[] {1});
    inputs.put("top_k", new double[] {1});
    inputs.put("key", new double[4 * rows]); // the likeliest code, whatever the key
    inputs.put("guidance", new double[] {guidance.scale});
    Map<String, double[]> outputs = run.run(prefill, inputs);
    for (int i = 0; ; i++) {
      for (int r = 0; r < rows; r++) {
        drawn[r * CODES + i] = outputs.get("token")[r];
        int to = (r * CODES + i) * VOCABULARY;
        System.arraycopy(outputs.get("logits"), r * VOCABULARY, logits, to, VOCABULARY);
      }
      if (i == CODES - 1) {
        break;
      }
      inputs.put("token", outputs.get("token"));
      inputs.put("position", new double[] {i});
      inputs.put("guidance", new double[] {guidance.at(i)});
      outputs = run.run(step, inputs);
    }
    assertArrayEquals(tokens, drawn, golden.name() + " " + prefix + "tokens on " + target);
    new Parity(golden.name() + " " + prefix + " on " + target)
        .forward("logits", golden.get(prefix + "logits"), logits)
        .check();
  }
}
