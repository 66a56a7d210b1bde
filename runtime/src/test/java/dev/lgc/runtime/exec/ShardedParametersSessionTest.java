package dev.lgc.runtime.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.MemoryLimitException;
import dev.lgc.compiler.pipeline.PassObserver;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.ThreadRanks;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sessions whose ranks store blocks of parameters train the bits of a session that has all. */
@Tag("backend")
final class ShardedParametersSessionTest {
  private static final int SHARDS = 4;
  private static final int STEPS = 3;

  /** Layers of products that a library may compute, and parameters that four does not divide. */
  private static final String SOURCE =
      """
      block Layer(dim: int) {
        param norm: [dim] = ones
        param up: [2 * dim + 3, dim] = normal(0.1)
        param down: [dim, 2 * dim + 3] = normal(0.1)
        forward(x: [*, dim]) -> [*, dim] =
          x + dropout(linear(silu(linear(x * rsqrt(mean(x * x, axis: -1, keep: true) + 1e-5) * norm, up)), down), 0.1)
      }

      model Deep(dim: int = 64, layers: int = 3) {
        param table: [37, dim] = normal(0.3)
        param gain: [1] = ones
        layer = [Layer(dim) for i in 0..layers]
        param head: [37, dim] = normal(0.1)

        objective fit(codes: int[b, 9], want: int[b, 9]) {
          let x = gather(table, codes) * broadcast(gain, [b, 9, dim])
          for l in layer { x = l(x) }
          let logits = linear(x, head)
          minimize mean(logsumexp(logits, axis: -1) - pick(logits, want))
        }
      }
      """;

  /** What a run ends with: losses and norms, held-out losses, and whole tensors by name. */
  private record End(List<Double> reported, Map<String, double[]> tensors) {}

  private static CheckedModel deep(int batch) {
    return Language.parse("deep.arch", SOURCE)
        .then(l -> l.elaborate("Deep", Map.of(), Map.of("b", batch)))
        .get();
  }

  private static CheckedModel tiny(String name, int batch) {
    return Language.load(TestResources.path("models/tiny.arch"))
        .then(l -> l.elaborate(name, Map.of(), Map.of("b", batch)))
        .get();
  }

  private static List<Request> requests(
      CheckedModel model, Request.Sharding sharding, int micros, Request... more) {
    List<Request> all =
        new ArrayList<>(
            Request.training(
                model.entries(Entry.Kind.OBJECTIVE).stream().map(Entry::name).toList(),
                new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 0.5, true),
                micros > 1));
    all.add(sharding);
    all.addAll(List.of(more));
    return all;
  }

  /** One rank of a run. */
  private static final class Rank {
    private final Ranks ranks;
    private final CheckedModel model;
    private final Request.Sharding sharding;
    private final int micros;
    private final Session session;
    private final List<Double> reported = new ArrayList<>();

    Rank(Ranks ranks, CheckedModel model, Request.Sharding sharding, int micros, Session session) {
      this.ranks = ranks;
      this.model = model;
      this.sharding = sharding;
      this.micros = micros;
      this.session = session;
    }

    private void run(String step, int done, int part) {
      Random random = new Random(100L * done + part);
      session
          .plan()
          .step(step)
          .inputs()
          .forEach(
              (name, slot) -> {
                int n = (int) slot.type().shape().elements();
                double[] value =
                    switch (name) {
                      case "key" -> new double[] {7, 0, done, part};
                      case "step" -> new double[] {done};
                      case "lr" -> new double[] {0.01};
                      case "gradient_scale" -> new double[] {1.0 / SHARDS / micros};
                      case "correction1" -> new double[] {1 - Math.pow(0.9, done + 1)};
                      case "correction2" -> new double[] {1 - Math.pow(0.95, done + 1)};
                      case "average_decay" -> new double[] {0.75};
                      case "average_rate" -> new double[] {0.25};
                      case "codes", "want" -> random.ints(n, 0, 16).asDoubleStream().toArray();
                      case "label" -> random.ints(n, 0, 10).asDoubleStream().toArray();
                      case "images" -> random.doubles(n, -1, 1).map(v -> (float) v).toArray();
                      case "restored" -> null; // what another objective exports
                      default -> throw new IllegalStateException(name);
                    };
                if (value != null) {
                  session.inputTensor(step, name).fill(value);
                }
              });
      session.run(step);
    }

    /** What each rank says, by rank. */
    private List<Double> all(double mine) {
      byte[] said = ByteBuffer.allocate(Double.BYTES).putDouble(mine).array();
      return Arrays.stream(ranks.gather(said)).map(b -> ByteBuffer.wrap(b).getDouble()).toList();
    }

    End train() {
      run("init", 0, 0);
      List<Entry> objectives = model.entries(Entry.Kind.OBJECTIVE);
      for (int done = 0; done < STEPS; done++) {
        List<Double> losses = new ArrayList<>();
        for (int place = 0; place < sharding.perRank(); place++) {
          for (int m = 0; m < micros; m++) {
            int part = (ranks.rank() * sharding.perRank() + place) * micros + m;
            for (Entry e : objectives) {
              String step = step(e.name(), m);
              run(step, done, part);
              losses.add(session.outputTensor(step, "loss").toArray()[0]);
            }
          }
          if (sharding.perRank() > 1) {
            for (Entry e : objectives) {
              session.run(StepId.combine(e.name(), Request.Sharding.level(place)).name());
            }
          }
        }
        List<List<Double>> ofRanks = losses.stream().map(this::all).toList();
        for (int r = 0; r < ranks.size(); r++) {
          for (List<Double> l : ofRanks) {
            reported.add(l.get(r));
          }
        }
        for (Entry e : objectives) {
          String step = StepId.update(e.name()).name();
          run(step, done, 0);
          reported.add(session.outputTensor(step, "gradient_norm").toArray()[0]);
        }
      }
      String loss = StepId.loss(objectives.getFirst().name()).name();
      run(loss, 77, 0);
      reported.add(session.outputTensor(loss, "loss").toArray()[0]);
      Map<String, double[]> tensors = new LinkedHashMap<>();
      for (StoredTensor t : session.plan().storage()) {
        switch (t.role()) {
          case PARAMETER, GRADIENT, MOMENT1, MOMENT2, AVERAGE -> tensors.put(t.name(), whole(t));
          case BUFFER, FROZEN, CACHE, SCALE, PARTIAL, LOCAL -> {}
        }
      }
      return new End(reported, tensors);
    }

    private String step(String objective, int micro) {
      boolean isReduced = ranks.size() == SHARDS && micro == micros - 1;
      StepId id =
          micro == 0
              ? StepId.gradients(objective)
              : isReduced ? StepId.reduce(objective) : StepId.accumulate(objective);
      return id.name();
    }

    /** A tensor whole, of the blocks of the ranks of the own group. */
    private double[] whole(StoredTensor t) {
      double[] own = session.storageTensor(t.name()).toArray();
      if (t.block().isEmpty()) {
        return own;
      }
      List<List<Double>> elements = Arrays.stream(own).mapToObj(this::all).toList();
      return t.block().get().group().ranks(ranks.rank()).stream()
          .flatMapToDouble(r -> elements.stream().mapToDouble(e -> e.get(r)))
          .limit(t.block().get().whole().shape().elements())
          .toArray();
    }
  }

  private static List<End> trained(
      CheckedModel model, Request.Sharding sharding, int micros, Request... more) {
    return trained(
        model, sharding, micros, Compiler.compile(model, requests(model, sharding, micros, more)));
  }

  private static List<End> trained(
      CheckedModel model, Request.Sharding sharding, int micros, ExecutionPlan plan) {
    return ThreadRanks.run(
        sharding.ranks(),
        ranks -> {
          try (Device device = new CpuDevice(1, ranks);
              Session s = Session.open(plan, device)) {
            return new Rank(ranks, model, sharding, micros, s).train();
          }
        });
  }

  private static void assertSame(CheckedModel model, int micros, Request... more) {
    assertSame(model, micros, s -> Compiler.compile(model, requests(model, s, micros, more)), more);
  }

  private static void assertSame(
      CheckedModel model,
      int micros,
      Function<Request.Sharding, ExecutionPlan> by,
      Request... more) {
    End one = trained(model, new Request.Sharding(SHARDS, 1), micros, more).getFirst();
    for (int[] on : new int[][] {{2, 1}, {2, 2}, {4, 1}, {4, 2}, {4, 4}}) {
      Request.Sharding sharding = new Request.Sharding(SHARDS, on[0], on[1]);
      for (End end : trained(model, sharding, micros, by.apply(sharding))) {
        String what = Text.format("%s on %d ranks in groups of %d", model.name(), on[0], on[1]);
        assertEquals(one.reported, end.reported, what);
        assertEquals(one.tensors.keySet(), end.tensors.keySet());
        one.tensors.forEach(
            (name, v) -> assertArrayEquals(v, end.tensors.get(name), 0, what + ": " + name));
      }
    }
  }

  /** A plan that takes less than it would without a limit, and more than it has to. */
  private static ExecutionPlan limited(CheckedModel model, List<Request> requests) {
    long free = Compiler.compile(model, requests).totalBytes();
    long least = assertThrows(MemoryLimitException.class, () -> within(model, requests, 1)).least();
    assertTrue(least < free, least + " of " + free + " with " + requests.getLast());
    long limit = (least + free) / 2;
    ExecutionPlan plan = within(model, requests, limit);
    assertTrue(plan.totalBytes() <= limit, plan.totalBytes() + " of " + limit);
    return plan;
  }

  private static ExecutionPlan within(CheckedModel model, List<Request> requests, long limit) {
    return Compiler.compileAll(model, List.of(requests), limit, PassObserver.NONE).getFirst();
  }

  @Test
  void plansWithLessMemoryTrainTheSameBits() {
    CheckedModel wide = deep(12);
    Request mixed = new Request.MixedPrecision();
    Request rounded = new Request.RoundGradients();
    assertSame(wide, 1, s -> limited(wide, requests(wide, s, 1)));
    assertSame(wide, 2, s -> limited(wide, requests(wide, s, 2, mixed)), mixed);
    assertSame(wide, 1, s -> limited(wide, requests(wide, s, 1, rounded)), rounded);
  }

  @Test
  void aGeneratorTrainsTheSameBits() {
    assertSame(tiny("TinyGenerator", 2), 1);
  }

  @Test
  void aTokenizerTrainsTheSameBits() {
    assertSame(tiny("TinyTokenizer", 2), 2);
  }

  @Test
  void layersThatAreGatheredAgainTrainTheSameBits() {
    assertSame(deep(3), 1);
    assertSame(deep(3), 2);
  }

  @Test
  void mixedPrecisionTrainsTheSameBits() {
    assertSame(deep(8), 1, new Request.MixedPrecision());
  }

  @Test
  void gradientsThatAreSentInBf16TrainTheSameBits() {
    Request rounded = new Request.RoundGradients();
    assertSame(tiny("TinyTokenizer", 2), 1, rounded);
    assertSame(deep(3), 2, rounded);
    assertSame(deep(8), 1, new Request.MixedPrecision(), rounded);
  }
}
