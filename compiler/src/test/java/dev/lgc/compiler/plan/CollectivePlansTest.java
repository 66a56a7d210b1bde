package dev.lgc.compiler.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.fuse.FusionLimits;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Tanh;
import dev.lgc.compiler.rewrite.Rematerialize;
import dev.lgc.compiler.rewrite.Simplified;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class CollectivePlansTest {
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
  private static final int GRAPHS = Integer.getInteger("lgc.graphs", 60);

  @Test
  void plansComputeWhatTheirGraphsMeanWhenCollectivesAreLate() {
    for (long seed = SEED; seed < SEED + GRAPHS; seed++) {
      RandomShards random = new RandomShards(seed);
      Graph g = random.graph(4 + (int) (seed % 16));
      ExecutionPlan plan = Plans.of("random", random.stored, List.of(planned(g, seed)));
      String what = "seed " + seed + "\n" + GraphDump.dump(g) + PlanDump.fused(plan);
      Random numbers = new Random(seed);
      List<Map<String, double[]>> inputs = RandomShards.values(List.of("x"), numbers);
      List<Map<String, double[]>> stored =
          RandomShards.values(random.stored.stream().map(d -> d.name()).toList(), numbers);
      List<Map<String, double[]>> early = run(plan, inputs, stored, false);
      List<Map<String, double[]>> late = run(plan, inputs, stored, true);
      List<Interpreter.Result> want = new Interpreter(g, Precision.AS_TYPED).run(inputs, stored);
      for (int r = 0; r < RandomShards.RANKS; r++) {
        for (String name : early.get(r).keySet()) {
          double[] got = early.get(r).get(name);
          assertArrayEquals(got, late.get(r).get(name), name + " late, " + what);
          double[] expected = want.get(r).outputs().get(name);
          expected = expected == null ? want.get(r).updates().get(name) : expected;
          expected = expected == null ? stored.get(r).get(name) : expected;
          double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
          assertArrayEquals(expected, got, 1e-4 * (1e-3 + largest), name + ", " + what);
        }
      }
    }
  }

  private static Graph planned(Graph g, long seed) {
    Graph simple = seed % 2 == 0 ? g : Simplified.of(g);
    return seed % 3 == 0 ? simple : Rematerialize.fitting(simple, 0, JvmFusion.LIMITS).graph();
  }

  private static List<Map<String, double[]>> run(
      ExecutionPlan plan,
      List<Map<String, double[]>> inputs,
      List<Map<String, double[]>> stored,
      boolean late) {
    try (RanksMachine machine = new RanksMachine(plan, RandomShards.RANKS, late)) {
      return machine.run("random", inputs, stored);
    }
  }

  @Test
  void collectivesAreComputedOnceWhateverTheKernels() {
    for (long seed = SEED; seed < SEED + GRAPHS; seed++) {
      RandomShards random = new RandomShards(seed);
      Graph g = random.graph(4 + (int) (seed % 16));
      String what = "seed " + seed + "\n" + GraphDump.dump(g);
      Graph again = Rematerialize.fitting(g, 0, JvmFusion.LIMITS).graph();
      assertEquals(count(g), count(again), what);
      List<String> all = collectives(g, random.stored, JvmFusion.LIMITS);
      assertEquals(count(g), all.size(), what);
      assertEquals(all, collectives(g, random.stored, limited(1, 2)), what);
      assertEquals(all, collectives(g, random.stored, limited(8, 100)), what);
    }
  }

  private static long count(Graph g) {
    return g.nodes().stream().filter(n -> n.op() instanceof Collective).count();
  }

  private static FusionLimits limited(int stored, int members) {
    FusionLimits l = JvmFusion.LIMITS;
    return new FusionLimits(
        l.costs(),
        l.maxUses(),
        l.maxWidenings(),
        l.maxDepth(),
        members,
        l.maxReductions(),
        l.maxBuffers(),
        stored,
        l.unrolled(),
        l.maxVectors(),
        l.scratchBytes(),
        l.batchBytes(),
        1,
        l.minRowLength(),
        l.minBlockRows(),
        l.smallElements(),
        l.maxParts(),
        l.minPart());
  }

  /** The collectives of a graph's plan in any order, those of a bucket one by one. */
  private static List<String> collectives(
      Graph g, List<StorageDeclaration> stored, FusionLimits limits) {
    ExecutionPlan plan =
        new Planner(limits).plan(new Planner.Job("random", stored, List.of(StepGraph.of(g))));
    List<String> all = new ArrayList<>();
    for (Call c : plan.step("random").calls()) {
      if (c instanceof CollectiveCall k) {
        k.from().forEach(slot -> all.add(k.op() + " " + slot.type()));
      }
    }
    Collections.sort(all);
    return all;
  }

  private static List<StorageDeclaration> declared(TensorType a, TensorType b) {
    return List.of(
        new StorageDeclaration("a", StoredId.Role.GRADIENT, a),
        new StorageDeclaration("b", StoredId.Role.GRADIENT, b));
  }

  @Test
  void costsCountWhatIsSent() {
    GraphBuilder b = new GraphBuilder();
    TensorType type = TensorType.f32(4, 8);
    int x = b.add(new Input("x", type));
    Graph g = b.build("step", Map.of("y", b.add(new AllReduce(RankGroup.all(4)), x)), Map.of());
    ExecutionPlan plan = Plans.of("m", List.of(), List.of(g));
    // Three of four blocks go out to be added, and three copies of the own sum to all others.
    long block = type.bytes() / 4;
    assertEquals(3 * block + 3 * block, PlanCost.of(plan).step(plan.step("step")).sent());
  }

  @Test
  void gradientsAreComputedWhereTheirSumGoes() {
    CollectiveCall all = onlyCollective(gradients());
    assertEquals(all.from(), all.to());
    assertEquals(2, all.from().size());
    assertTrue(all.to().stream().allMatch(s -> s.arena() == Arena.GRADIENTS));
  }

  @Test
  void gradientsInBf16AreSentFromAPlaceOfTheirOwn() {
    TensorType type = TensorType.f32(4, 8);
    GraphBuilder b = new GraphBuilder();
    int x = b.cast(b.add(new Tanh(), b.add(new Input("x", type))), DType.BF16);
    int sum = b.add(new AllReduce(RankGroup.all(4)), x);
    ExecutionPlan plan =
        Plans.of(
            "m",
            declared(type, type),
            List.of(b.build("step", Map.of(), Map.of("gradient:a", sum))));
    CollectiveCall all = onlyCollective(plan);
    assertEquals(DType.BF16, all.from().getFirst().type().dtype());
    assertEquals(Arena.WORK, all.from().getFirst().arena());
    assertEquals(Arena.GRADIENTS, all.to().getFirst().arena());
    assertEquals(2, all.widening());
    long block = type.bytes() / 4;
    assertEquals(3 * block / 2 + 3 * block, PlanCost.of(plan).step(plan.step("step")).sent());
  }

  @Test
  void sumsOfStoredTensorsAreInPlace() {
    TensorType type = TensorType.f32(4, 8);
    GraphBuilder b = new GraphBuilder();
    int a = b.add(new Stored("gradient:a", type));
    Map<String, Integer> updates = Map.of("gradient:a", b.add(new AllReduce(RankGroup.all(4)), a));
    Graph g = b.build("step", Map.of(), updates);
    CollectiveCall all = onlyCollective(Plans.of("m", declared(type, type), List.of(g)));
    assertEquals(all.from(), all.to());
  }

  private static ExecutionPlan gradients() {
    TensorType type = TensorType.f32(4, 8);
    GraphBuilder b = new GraphBuilder();
    AllReduce sum = new AllReduce(RankGroup.all(4));
    int x = b.add(new Input("x", type));
    int first = b.add(new Tanh(), x);
    int second = b.add(new Tanh(), b.mul(x, x));
    Map<String, Integer> updates =
        Map.of("gradient:a", b.add(sum, first), "gradient:b", b.add(sum, second));
    return Plans.of("m", declared(type, type), List.of(b.build("step", Map.of(), updates)));
  }

  private static CollectiveCall onlyCollective(ExecutionPlan plan) {
    List<CollectiveCall> found = new ArrayList<>();
    for (Call c : plan.step("step").calls()) {
      if (c instanceof CollectiveCall k) {
        found.add(k);
      }
    }
    assertEquals(1, found.size(), PlanDump.fused(plan));
    return found.getFirst();
  }
}
