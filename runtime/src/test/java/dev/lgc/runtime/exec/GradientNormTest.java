package dev.lgc.runtime.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dist.ThreadRanks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The norm of the gradients has the same bits wherever their blocks are: sums of few and of many
 * elements, alone in a kernel and with others.
 */
@Tag("backend")
final class GradientNormTest {
  private static final int SHARDS = 4;
  private static final int DRAWS = 60;
  private static final String STEP = StepId.update("fit").name();

  /** A model whose parameters have some numbers of elements. */
  private static CheckedModel model(int... sizes) {
    StringBuilder text = new StringBuilder("model Sizes() {\n");
    StringBuilder sum = new StringBuilder("sum(x)");
    for (int i = 0; i < sizes.length; i++) {
      text.append(Text.format("  param p%d: [%d] = normal(1)%n", i, sizes[i]));
      sum.append(Text.format(" + sum(p%d)", i));
    }
    text.append("\n  objective fit(x: [b]) {\n    minimize ").append(sum).append("\n  }\n}\n");
    return Language.parse("sizes.arch", text.toString())
        .then(l -> l.elaborate("Sizes", Map.of(), Map.of("b", 1)))
        .get();
  }

  /** The norms of some random gradients, as rank 0 computes them. */
  private static List<Double> norms(CheckedModel model, int ranks, int group, long seed) {
    List<Request> wanted =
        new ArrayList<>(
            Request.training(
                List.of("fit"), new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, false), false));
    wanted.add(new Request.Sharding(SHARDS, ranks, group));
    ExecutionPlan plan = Compiler.compile(model, wanted);
    return ThreadRanks.run(
            ranks,
            r -> {
              try (Device device = new CpuDevice(1, r);
                  Session session = Session.open(plan, device)) {
                List<Double> norms = new ArrayList<>();
                Random random = new Random(seed);
                for (int i = 0; i < DRAWS; i++) {
                  for (StoredTensor t : plan.storage()) {
                    if (t.role() == Role.GRADIENT) {
                      session.editStorageTensor(t.name()).fill(own(t, r.rank(), random));
                    }
                  }
                  session.inputTensor(STEP, "gradient_scale").fill(new double[] {1});
                  session.run(STEP);
                  norms.add(session.outputTensor(STEP, "gradient_norm").toArray()[0]);
                }
                return norms;
              }
            })
        .getFirst();
  }

  /** What a rank stores of a random tensor, of which all ranks draw the same. */
  private static double[] own(StoredTensor t, int rank, Random random) {
    long elements =
        t.block().map(b -> b.whole().shape().elements()).orElse(t.slot().type().shape().elements());
    double[] whole = random.doubles(elements, -1, 1).map(v -> (float) v).toArray();
    return t.block()
        .map(
            b -> {
              int first = (int) b.first(rank);
              double[] some = Arrays.copyOfRange(whole, first, first + (int) b.elements(rank));
              return Arrays.copyOf(some, (int) b.type().shape().elements());
            })
        .orElse(whole);
  }

  @Test
  void theNormDoesNotDependOnWhoStoresWhat() {
    long seed = Long.getLong("lgc.fuzz.seed", System.nanoTime());
    System.out.println("norms: seed " + seed);
    Random random = new Random(seed);
    List<CheckedModel> models =
        List.of(
            model(88, 128, 32, 64, 64, 64, 128),
            model(IntStream.range(0, 7).map(i -> 1 + random.nextInt(200)).toArray()),
            model(IntStream.range(0, 5).map(i -> 1 + random.nextInt(3000)).toArray()),
            model(200_003, 70_000, 5));
    for (CheckedModel model : models) {
      List<Double> one = norms(model, 1, 1, seed);
      for (int[] on : new int[][] {{2, 1}, {2, 2}, {4, 2}, {4, 4}}) {
        String what = Text.format("seed %d: %d ranks in groups of %d", seed, on[0], on[1]);
        assertEquals(one, norms(model, on[0], on[1], seed), what);
      }
    }
  }
}
