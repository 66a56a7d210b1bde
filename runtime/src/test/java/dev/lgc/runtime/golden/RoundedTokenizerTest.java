package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A tokenizer whose products have BF16 factors, beside the reference's pictures and codes in F32,
 * and beside the interpreter.
 */
@Tag("backend")
final class RoundedTokenizerTest {
  private static final Request[] REQUESTS = {
    new Request.Evaluate("encode"),
    new Request.Evaluate("decode"),
    new Request.StoreWeights(WeightType.BF16, false),
    new Request.RoundFactors()
  };

  /** Least signal to noise in decibels, of pictures from -1 to 1. */
  private static final double DECIBELS = 45;

  /** Least share of codes that are those of F32. */
  private static final double CODES = 0.9;

  /**
   * Most relative error of a whole decoder beside the interpreter. Where sums are added up in
   * another order, a factor is now and then rounded to its other neighbour, and with it more of
   * those that are made of it: after forty products two ways of adding are as far apart as either
   * is from F32.
   */
  private static final double BESIDE = 0.02;

  /** Products of a tokenizer, each of what is given. */
  private static final String LAYERS =
      """
      import "vq.arch"

      model Layers() {
        conv = Conv2d(64, 64, 3, padding: 1)
        one = Conv2d(64, 48, 1)
        last = Conv2d(64, 3, 3, padding: 1)
        down = Downsample(64)
        up = Upsample(64)

        forward convolution(x: [2, 64, 16, 16]) -> [2, 64, 16, 16] = conv(silu(x))
        forward projection(x: [2, 64, 16, 16]) -> [2, 48, 16, 16] = one(x)
        forward few(x: [2, 64, 16, 16]) -> [2, 3, 16, 16] = last(x)
        forward half(x: [2, 64, 16, 16]) -> [2, 64, 8, 8] = down(x)
        forward twice(x: [2, 64, 16, 16]) -> [2, 64, 32, 32] = up(x)
      }
      """;

  private static final List<String> FUNCTIONS =
      List.of("convolution", "projection", "few", "half", "twice");

  private static CheckedModel model() {
    return GoldenModels.model(
        "import \"vq.arch\"",
        "VQ",
        Map.of(
            "image", "16",
            "multipliers", "[1, 2]",
            "ch", "32",
            "z", "32",
            "codes", "64",
            "disc_weight", "0.0",
            "perceptual_weight", "0.0"),
        Map.of("b", 2));
  }

  private static List<GoldenTarget> targets() {
    List<GoldenTarget> all = new ArrayList<>(GoldenTarget.compiled());
    all.addAll(SessionTarget.libraryBf16());
    return all.stream().distinct().toList();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void picturesAndCodesAreNearThoseInF32(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("vq_tiny_io");
    Map<String, double[]> images = Map.of("images", golden.get("x"));
    Map<String, double[]> indices = Map.of("indices", golden.get("indices"));
    try (GoldenTarget.Running run = target.open(model(), REQUESTS);
        GoldenTarget.Running meant = new InterpreterTarget().open(model(), REQUESTS)) {
      run.load(GoldenFile.open("vq_tiny"), "", "");
      meant.load(GoldenFile.open("vq_tiny"), "", "");
      double[] codes = run.run("encode", images).get("result");
      double[] picture = run.run("decode", indices).get("result");
      double beside = Parity.relativeError(meant.run("decode", indices).get("result"), picture);
      double share = share(golden.get("indices"), codes);
      double decibels = decibels(golden.get("dec_code"), picture);
      System.out.printf(
          Locale.ROOT,
          "BF16 factors on %s: %.1f dB, %.3f of codes, %.1e beside the interpreter%n",
          target,
          decibels,
          share,
          beside);
      assertTrue(decibels >= DECIBELS, Text.format("%s dB", decibels));
      assertTrue(decibels < 100, "nothing is rounded");
      assertTrue(share >= CODES, Text.format("%s of codes", share));
      assertTrue(beside <= BESIDE, Text.format("%s beside the interpreter", beside));
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void eachProductIsThatOfTheRoundedFactors(GoldenTarget target) {
    Request[] rounded =
        Stream.concat(
                FUNCTIONS.stream().<Request>map(Request.Evaluate::new),
                Stream.of(REQUESTS[2], REQUESTS[3]))
            .toArray(Request[]::new);
    Request[] plain =
        FUNCTIONS.stream().<Request>map(Request.Evaluate::new).toArray(Request[]::new);
    Map<String, double[]> exact = layers(new InterpreterTarget(), plain);
    Map<String, double[]> meant = layers(new InterpreterTarget(), rounded);
    Map<String, double[]> got = layers(target, rounded);
    for (String f : FUNCTIONS) {
      double beside = Parity.relativeError(meant.get(f), got.get(f));
      double off = Parity.relativeError(exact.get(f), got.get(f));
      assertTrue(beside <= Parity.FORWARD, f + " is off by " + beside);
      assertTrue(off >= 1e-3 && off <= 4e-3, f + " is " + off + " from F32");
    }
  }

  /** What the functions give for the same numbers. */
  private static Map<String, double[]> layers(GoldenTarget target, Request... requests) {
    Map<String, double[]> results = new HashMap<>();
    try (GoldenTarget.Running run = target.open(GoldenModels.model(LAYERS), requests)) {
      for (StoredId id : run.storage()) {
        run.store(id.path(), reals(id.path().hashCode(), run.stored(id.path()).length));
      }
      Map<String, double[]> x = Map.of("x", reals(7, 2 * 64 * 16 * 16));
      FUNCTIONS.forEach(f -> results.put(f, run.run(f, x).get("result")));
    }
    return results;
  }

  private static double[] reals(long seed, int count) {
    Random random = new Random(seed);
    return IntStream.range(0, count).mapToDouble(i -> (float) random.nextGaussian()).toArray();
  }

  private static double share(double[] expected, double[] codes) {
    long equal = IntStream.range(0, codes.length).filter(i -> codes[i] == expected[i]).count();
    return (double) equal / codes.length;
  }

  private static double decibels(double[] expected, double[] picture) {
    double sum = 0;
    for (int i = 0; i < picture.length; i++) {
      sum += (picture[i] - expected[i]) * (picture[i] - expected[i]);
    }
    return 10 * Math.log10(4 / (sum / picture.length));
  }
}
