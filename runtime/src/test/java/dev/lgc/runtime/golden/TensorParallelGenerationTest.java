package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.SharedFiles;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dist.ThreadRanks;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.model.Weights;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranks that have a part of a generator each draw the codes that the reference draws. */
@Tag("backend")
final class TensorParallelGenerationTest {
  private static final int CODES = 16;
  private static final int VOCABULARY = 128;

  private record Drawn(double[] codes, double[] logits) {}

  @ParameterizedTest
  @CsvSource({"2,false", "2,true", "4,false", "4,true"})
  void classes(int ranks, boolean packed) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_generate");
    CheckedModel model = GoldenModels.classToImage(4, 4);
    check(
        golden,
        "cfg4.intm1.",
        drawn(model, ranks, packed, "gpt_tiny_c2i", Map.of("label", golden.get("labels")), 4));
  }

  @ParameterizedTest
  @CsvSource({"2", "4"})
  void maskedCaptions(int ranks) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_t2i_generate");
    GoldenFile train = GoldenFile.open("gpt_tiny_t2i_train");
    Map<String, double[]> conditions =
        Map.of("caption", train.get("in.cond"), "mask", train.get("in.emb_mask"));
    CheckedModel model = GoldenModels.textToImage(6, 3);
    check(golden, "cfg7.mask.", drawn(model, ranks, false, "gpt_tiny_t2i", conditions, 7.5));
  }

  private static void check(GoldenFile golden, String prefix, List<Drawn> all) {
    Drawn first = all.getFirst();
    assertArrayEquals(golden.get(prefix + "tokens"), first.codes, golden.name() + " " + prefix);
    new Parity(Text.format("%s %s on %d ranks", golden.name(), prefix, all.size()))
        .forward("logits", golden.get(prefix + "logits"), first.logits)
        .check();
    for (Drawn other : all) {
      assertArrayEquals(first.logits, other.logits, 0, "all ranks have the same bits");
    }
  }

  private static List<Drawn> drawn(
      CheckedModel model,
      int ranks,
      boolean packed,
      String weights,
      Map<String, double[]> conditions,
      double guidance) {
    ExecutionPlan plan = Compiler.compile(model, requests(ranks, packed));
    return ThreadRanks.run(
        ranks,
        r -> {
          try (Device device = new CpuDevice(1, r);
              Session session = Session.open(plan, device);
              SafetensorsFile file =
                  SafetensorsFile.open(SharedFiles.require("golden/" + weights + ".safetensors"))) {
            new Weights(session, plan, r.rank()).load(file, false);
            return drawn(session, conditions, guidance);
          }
        });
  }

  private static List<Request> requests(int ranks, boolean packed) {
    Request generate = new Request.Generate("codes", true, true, false);
    Request together = new Request.TensorParallel(ranks);
    return packed
        ? List.of(generate, new Request.StoreWeights(WeightType.F32, true), together)
        : List.of(generate, together);
  }

  private static Drawn drawn(Session session, Map<String, double[]> conditions, double guidance) {
    Map<String, double[]> inputs = new HashMap<>(conditions);
    inputs.put("temperature", new double[] {1});
    inputs.put("top_k", new double[] {1});
    inputs.put("guidance", new double[] {guidance});
    Drawn drawn = null;
    for (int i = 0; i < CODES; i++) {
      String step = i == 0 ? "codes.prefill" : "codes.step";
      for (String name : session.plan().step(step).inputs().keySet()) {
        if (inputs.containsKey(name)) {
          session.inputTensor(step, name).fill(inputs.get(name));
        }
      }
      session.run(step);
      double[] token = session.outputTensor(step, "token").toArray();
      double[] logits = session.outputTensor(step, "logits").toArray();
      int rows = token.length;
      drawn =
          drawn == null
              ? new Drawn(new double[rows * CODES], new double[rows * CODES * VOCABULARY])
              : drawn;
      for (int r = 0; r < rows; r++) {
        drawn.codes[r * CODES + i] = token[r];
        int to = (r * CODES + i) * VOCABULARY;
        System.arraycopy(logits, r * VOCABULARY, drawn.logits, to, VOCABULARY);
      }
      inputs.put("token", token);
      inputs.put("position", new double[] {i});
    }
    return drawn;
  }
}
