package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.pipeline.Sampling;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Temperature, top-k and top-p: which codes stay, and how likely each is then. */
@Tag("backend")
final class SamplingTest {
  private static final String ALL = "dev.lgc.runtime.golden.GoldenTarget#all";
  private static final int ROWS = 4;
  private static final int CODES = 64;

  @ParameterizedTest
  @MethodSource(ALL)
  void topKAndTopPKeepWhatTheReferenceKeeps(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("sampling");
    try (GoldenTarget.Running run = target.open(sampler())) {
      for (String name : golden.under("k")) {
        String[] settings = name.split("\\.p");
        double[] kept =
            sample(run, golden.get("logits"), 1, Integer.parseInt(settings[0]), settings[1])
                .get("kept");
        assertArrayEquals(golden.get("k" + name), kept, "k" + name + " on " + target);
      }
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void everyCodeThatTiesWithTheKthStays(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("sampling");
    try (GoldenTarget.Running run = target.open(sampler())) {
      assertArrayEquals(
          golden.get("ties.k5"), sample(run, golden.get("ties.logits"), 1, 5, "1").get("kept"));
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void probabilitiesAndTheMostLikelyCode(GoldenTarget target) {
    GoldenFile golden = GoldenFile.open("sampling");
    Parity parity = new Parity("sampling on " + target);
    try (GoldenTarget.Running run = target.open(sampler())) {
      for (String name : golden.under("sample.")) {
        if (!name.endsWith(".probs")) {
          continue;
        }
        String settings = name.substring(0, name.length() - ".probs".length());
        double temperature = Double.parseDouble(settings.replaceAll("t(.*)\\.k.*", "$1"));
        int k = Integer.parseInt(settings.replaceAll(".*\\.k(\\d+)\\..*", "$1"));
        String p = settings.replaceAll(".*\\.p", "");
        double[] kept = sample(run, golden.get("logits"), temperature, k, p).get("kept");
        parity.forward(settings, golden.get("sample." + name), softmax(kept));
        double[] greedy = sample(run, golden.get("logits"), 0, k, p).get("token");
        assertArrayEquals(golden.get("sample." + settings + ".idx"), greedy, settings);
      }
    }
    parity.check();
  }

  /** A generator's sampler alone, with logits from outside. */
  private static Derived sampler() {
    GraphBuilder b = new GraphBuilder();
    int logits = b.add(new Input("logits", TensorType.f32(ROWS, CODES)));
    int temperature = b.add(new Input("temperature", TensorType.f32()));
    int kept = Sampling.temper(b, logits, temperature);
    kept = Sampling.topK(b, kept, b.add(new Input("top_k", TensorType.i32())));
    kept = Sampling.topP(b, kept, b.add(new Input("top_p", TensorType.f32())));
    int key = b.add(new Input("key", TensorType.i32(ROWS, 4)));
    int token = Sampling.draw(b, kept, temperature, key);
    return new Derived(
        GoldenModels.model("model Sampler() { }"),
        List.of(StepGraph.of(b.build("sample", Map.of("kept", kept, "token", token), Map.of()))),
        List.of(),
        List.of(),
        List.of());
  }

  private static Map<String, double[]> sample(
      GoldenTarget.Running run, double[] logits, double temperature, int k, String p) {
    return run.run(
        "sample",
        Map.of(
            "logits", logits,
            "temperature", new double[] {temperature},
            "top_k", new double[] {k},
            "top_p", new double[] {Double.parseDouble(p)},
            "key", new double[4 * ROWS]));
  }

  private static double[] softmax(double[] logits) {
    double[] p = new double[logits.length];
    for (int row = 0; row < logits.length; row += CODES) {
      double most = Double.NEGATIVE_INFINITY;
      double sum = 0;
      for (int i = row; i < row + CODES; i++) {
        most = Math.max(most, logits[i]);
      }
      for (int i = row; i < row + CODES; i++) {
        sum += p[i] = Math.exp(logits[i] - most);
      }
      for (int i = row; i < row + CODES; i++) {
        p[i] /= sum;
      }
    }
    return p;
  }
}
