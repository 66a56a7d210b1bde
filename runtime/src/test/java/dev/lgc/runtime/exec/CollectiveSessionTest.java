package dev.lgc.runtime.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Log;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.plan.RandomShards;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.ThreadRanks;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sessions of several ranks, each a thread with a device of its own. */
@Tag("backend")
final class CollectiveSessionTest {
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
  private static final int RANKS = 4;
  private static final int ROWS = 1000;
  private static final TensorType TYPE = TensorType.f32(ROWS, 8);

  private static final List<StorageDeclaration> STORED =
      List.of(
          new StorageDeclaration("a", Role.GRADIENT, TYPE),
          new StorageDeclaration("b", Role.GRADIENT, TYPE),
          new StorageDeclaration("block", Role.BUFFER, TensorType.f32(ROWS / RANKS, 8)));

  /** Single operations on numbers, so that rounding is all there is: every bit is determined. */
  private static Graph sums() {
    RankGroup all = RankGroup.all(RANKS);
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TYPE));
    int a = b.mul(x, x);
    int c = b.mul(a, b.add(new Stored("gradient:b", TYPE)));
    int block = b.add(new ReduceScatter(all), a);
    Map<String, Integer> outputs = new LinkedHashMap<>();
    outputs.put("gathered", b.add(new AllGather(all), b.mul(block, block)));
    outputs.put("pairs", b.add(new AllReduce(new RankGroup(2, 2)), x));
    Map<String, Integer> updates = new LinkedHashMap<>();
    updates.put("gradient:a", b.add(new AllReduce(all), a));
    updates.put("gradient:b", b.add(new AllReduce(all), c));
    updates.put("block", block);
    return b.build("sums", outputs, updates);
  }

  @Test
  void sumsHaveTheBitsOfTheInterpretersTree() {
    Graph g = sums();
    Random random = new Random(SEED);
    List<Map<String, double[]>> inputs = values(Map.of("x", TYPE), random);
    Map<String, TensorType> types = new LinkedHashMap<>();
    STORED.forEach(d -> types.put(d.name(), d.type()));
    List<Map<String, double[]>> stored = values(types, random);
    List<Interpreter.Result> want = new Interpreter(g, Precision.AS_TYPED).run(inputs, stored);
    for (boolean watched : new boolean[] {false, true}) {
      List<Map<String, double[]>> got =
          run(g, STORED, inputs, stored, r -> new CpuDevice(2, r), watched);
      for (int r = 0; r < RANKS; r++) {
        Map<String, double[]> expected = new LinkedHashMap<>(stored.get(r));
        expected.putAll(want.get(r).outputs());
        expected.putAll(want.get(r).updates());
        int rank = r;
        got.get(r)
            .forEach(
                (name, v) ->
                    assertArrayEquals(
                        expected.get(name), v, name + " of rank " + rank + ", seed " + SEED));
      }
    }
  }

  private static List<Map<String, double[]>> values(Map<String, TensorType> types, Random random) {
    List<Map<String, double[]>> all = new ArrayList<>();
    for (int r = 0; r < RANKS; r++) {
      Map<String, double[]> of = new LinkedHashMap<>();
      types.forEach(
          (name, t) -> {
            int n = (int) t.shape().elements();
            of.put(name, random.doubles(n, -1, 1).map(v -> (float) v).toArray());
          });
      all.add(of);
    }
    return all;
  }

  /** Outputs and stored tensors of each rank after two runs of the same inputs, from the start. */
  private static List<Map<String, double[]>> run(
      Graph g,
      List<StorageDeclaration> declared,
      List<Map<String, double[]>> inputs,
      List<Map<String, double[]>> stored,
      Function<Ranks, Device> devices,
      boolean watched) {
    ExecutionPlan plan = Plans.of("m", declared, List.of(g));
    return ThreadRanks.run(
        RANKS,
        ranks -> {
          try (Device device = devices.apply(ranks);
              Session s = Session.open(plan, device)) {
            if (watched) {
              s.guard(true);
            }
            Map<String, double[]> results = null;
            for (int i = 0; i < 2; i++) {
              Map<String, double[]> own = stored.get(ranks.rank());
              own.forEach((name, v) -> s.editStorageTensor(name).fill(v));
              Set<String> read = plan.step(g.name()).inputs().keySet();
              inputs.get(ranks.rank()).entrySet().stream()
                  .filter(e -> read.contains(e.getKey()))
                  .forEach(e -> s.inputTensor(g.name(), e.getKey()).fill(e.getValue()));
              s.run(g.name());
              results = results(s, g);
            }
            return results;
          }
        });
  }

  private static Map<String, double[]> results(Session s, Graph g) {
    Map<String, double[]> all = new LinkedHashMap<>();
    g.outputs().keySet().forEach(n -> all.put(n, s.outputTensor(g.name(), n).toArray()));
    for (StoredTensor t : s.plan().storage()) {
      all.put(t.name(), s.storageTensor(t.name()).toArray());
    }
    return all;
  }

  @Test
  void randomGraphsComputeWhatTheyMean() {
    for (long seed = SEED; seed < SEED + 15; seed++) {
      RandomShards shards = new RandomShards(seed);
      Graph g = shards.graph(4 + (int) (seed % 16));
      Random random = new Random(seed);
      List<String> names = shards.stored.stream().map(StorageDeclaration::name).toList();
      List<Map<String, double[]>> inputs = RandomShards.values(List.of("x"), random);
      List<Map<String, double[]>> stored = RandomShards.values(names, random);
      List<Map<String, double[]>> want =
          run(
              g,
              shards.stored,
              inputs,
              stored,
              r -> new InterpreterDevice(List.of(g), Precision.AS_TYPED, r),
              false);
      List<Map<String, double[]>> got =
          run(g, shards.stored, inputs, stored, r -> new CpuDevice(1, r), false);
      for (int r = 0; r < RANKS; r++) {
        for (String name : want.get(r).keySet()) {
          double[] expected = want.get(r).get(name);
          double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
          String what = name + " of rank " + r + ", seed " + seed + "\n" + GraphDump.dump(g);
          assertArrayEquals(expected, got.get(r).get(name), 1e-4 * (1e-3 + largest), what);
        }
      }
    }
  }

  @Test
  void aProfileHasTheCollectives() {
    Graph g = sums();
    ExecutionPlan plan = Plans.of("m", STORED, List.of(g));
    List<List<String>> names =
        ThreadRanks.run(
            RANKS,
            ranks -> {
              try (Device device = new CpuDevice(1, ranks);
                  Session s = Session.open(plan, device)) {
                Profiler profiler = s.profile();
                s.run("sums");
                return profiler.rows().stream().map(Profiler.Row::kernel).toList();
              }
            });
    for (List<String> of : names) {
      assertTrue(of.containsAll(List.of("allreduce", "allgather", "reducescatter")), "" + of);
    }
  }

  @Test
  void theGuardNamesACollectiveThatGoesWrong() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TYPE));
    int y = b.add(new AllReduce(RankGroup.all(RANKS)), x);
    Graph g = b.build("sums", Map.of("y", b.add(new Log(), y)), Map.of());
    Random random = new Random(SEED);
    List<Map<String, double[]>> inputs = values(Map.of("x", TYPE), random);
    inputs.get(2).get("x")[5] = Double.NaN;
    List<Map<String, double[]>> stored = values(Map.of(), random);
    IllegalStateException fault =
        assertThrows(
            IllegalStateException.class,
            () -> run(g, List.of(), inputs, stored, r -> new CpuDevice(1, r), true));
    assertTrue(("" + fault.getCause()).contains("allreduce"), "" + fault.getCause());
  }

  @Test
  void ranksWithDifferentCollectivesAreToldApart() {
    assertToldApart(_ -> "step", rank -> 3 + rank);
    assertToldApart(rank -> "step" + rank, _ -> 3);
  }

  /** Ranks whose steps have other names or widths are told so, as often as they run them. */
  private static void assertToldApart(IntFunction<String> name, IntUnaryOperator width) {
    IllegalStateException fault =
        assertThrows(
            IllegalStateException.class,
            () ->
                ThreadRanks.run(
                    2,
                    ranks -> {
                      String step = name.apply(ranks.rank());
                      GraphBuilder b = new GraphBuilder();
                      TensorType type = TensorType.f32(width.applyAsInt(ranks.rank()));
                      int x = b.add(new Input("x", type));
                      int y = b.add(new AllReduce(RankGroup.all(2)), x);
                      Graph g = b.build(step, Map.of("y", y), Map.of());
                      ExecutionPlan plan = Plans.of("m", List.of(), List.of(g));
                      try (Device device = new CpuDevice(1, ranks);
                          Session s = Session.open(plan, device)) {
                        assertThrows(BadInputException.class, () -> s.run(step));
                        s.run(step);
                        return 0;
                      }
                    }));
    String message = "" + fault.getCause();
    assertTrue(message.contains("exchange different tensors in step"), message);
  }

  @Test
  void aRankAloneSumsNothing() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(3)));
    Graph g = b.build("step", Map.of("y", b.add(new AllReduce(RankGroup.all(1)), x)), Map.of());
    ExecutionPlan plan = Plans.of("m", List.of(), List.of(g));
    try (Device device = new CpuDevice(1);
        Session s = Session.open(plan, device)) {
      s.inputTensor("step", "x").fill(new double[] {1, 2, -0.0});
      s.run("step");
      double[] y = s.outputTensor("step", "y").toArray();
      assertArrayEquals(new double[] {1, 2, -0.0}, y);
      assertEquals(3, y.length);
    }
  }
}
