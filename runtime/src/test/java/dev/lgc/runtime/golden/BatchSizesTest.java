package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps for batches of several sizes in one plan, as a server has them, beside plans of one. */
@Tag("backend")
final class BatchSizesTest {
  private static final int CODES = 16;
  private static final Request.Generate GENERATE = new Request.Generate("codes", true, true, true);

  static List<List<Request>> storage() {
    return List.of(
        List.of(),
        List.of(new Request.StoreWeights(WeightType.F32, true)),
        List.of(new Request.StoreWeights(WeightType.BF16, true)));
  }

  private static CheckedModel model(int batch) {
    return GoldenModels.classToImage(2, batch);
  }

  /** A plan for batches of each size; the first is that of the model. */
  private static ExecutionPlan plan(List<Request> storage, int... sizes) {
    List<Request> requests = new ArrayList<>(storage);
    requests.add(new Request.Initialise());
    requests.add(GENERATE);
    for (int i = 1; i < sizes.length; i++) {
      requests.add(new Request.ForBatch(sizes[i], GENERATE));
    }
    return Compiler.compile(model(sizes[0]), BatchSizesTest::model, requests);
  }

  /** The steps of one generator in a session. */
  private record Sampler(Session session, OptionalInt size, int rows) {
    /** Draws the code after {@code position}, or the first. */
    List<double[]> draw(int position, double[] last) {
      StepId id = position < 0 ? StepId.prefill("codes") : StepId.step("codes");
      String step = id.forBatch(size).name();
      double[] labels = new double[rows];
      double[] keys = new double[4 * rows];
      for (int r = 0; r < rows; r++) {
        labels[r] = r % 3;
        keys[4 * r] = 7;
        keys[4 * r + 2] = r;
        keys[4 * r + 3] = position + 1;
      }
      Map<String, double[]> inputs = new LinkedHashMap<>();
      inputs.put("label", labels);
      inputs.put("key", keys);
      inputs.put("token", last);
      inputs.put("position", new double[] {position});
      inputs.put("guidance", new double[] {2});
      inputs.put("temperature", new double[] {1});
      inputs.put("top_k", new double[] {20});
      inputs.put("top_p", new double[] {0.9});
      for (String name : session.plan().step(step).inputs().keySet()) {
        session.inputTensor(step, name).fill(inputs.get(name));
      }
      session.run(step);
      return Stream.of("token", "logits")
          .map(n -> session.outputTensor(step, n).toArray())
          .toList();
    }
  }

  private static Session open(ExecutionPlan plan, CpuDevice device) {
    Session s = Session.open(plan, device);
    s.inputTensor("init", "key").fill(new double[] {3, 0, 0, 0});
    s.run("init");
    return s;
  }

  @ParameterizedTest
  @MethodSource("storage")
  void eachSizeComputesWhatAPlanOfItsOwnComputes(List<Request> storage) {
    try (CpuDevice device = new CpuDevice(2);
        Session both = open(plan(storage, 4, 1), device);
        Session four = open(plan(storage, 4), device);
        Session one = open(plan(storage, 1), device)) {
      Sampler[] shared = {
        new Sampler(both, OptionalInt.empty(), 4), new Sampler(both, OptionalInt.of(1), 1)
      };
      Sampler[] own = {
        new Sampler(four, OptionalInt.empty(), 4), new Sampler(one, OptionalInt.empty(), 1)
      };
      double[][] last = new double[2][];
      for (int position = -1; position < CODES - 1; position++) {
        for (int k = 0; k < 2; k++) {
          List<double[]> is = shared[k].draw(position, last[k]);
          List<double[]> expected = own[k].draw(position, last[k]);
          assertArrayEquals(expected.getFirst(), is.getFirst(), "codes after " + position);
          assertArrayEquals(expected.getLast(), is.getLast(), "logits after " + position);
          assertTrue(Arrays.stream(is.getFirst()).allMatch(c -> c >= 0), "codes are drawn");
          last[k] = is.getFirst();
        }
      }
    }
  }

  @Test
  void parametersAreStoredOnceAndCachesForEachSize() {
    ExecutionPlan both = plan(List.of(), 4, 1);
    ExecutionPlan four = plan(List.of(), 4);
    ExecutionPlan one = plan(List.of(), 1);
    assertEquals(four.storage(Arena.PARAMETERS), both.storage(Arena.PARAMETERS));
    assertEquals(four.bytes(Arena.PARAMETERS), both.bytes(Arena.PARAMETERS));
    assertEquals(
        four.bytes(Arena.STATE) + one.bytes(Arena.STATE), both.bytes(Arena.STATE), "caches");
    assertEquals(four.bytes(Arena.WORK), both.bytes(Arena.WORK), "the larger step's");
    List<String> caches =
        both.storage().stream()
            .filter(t -> t.role() == Role.CACHE)
            .map(StoredTensor::path)
            .filter(p -> p.startsWith("codes@1."))
            .map(p -> p.replace("codes@1.", "codes."))
            .toList();
    assertEquals(
        one.storage().stream().filter(t -> t.role() == Role.CACHE).map(StoredTensor::path).toList(),
        caches);
  }
}
