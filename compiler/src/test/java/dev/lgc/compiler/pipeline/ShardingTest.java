package dev.lgc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.EmittedPlan;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.PlanRunner;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Gradients of shards are added in one tree, and norms in another, whatever ranks there are. */
@Tag("backend")
final class ShardingTest {
  private static final Request.Optimizer ADAM =
      new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, false);

  /** Parameters of sizes that four does and does not divide, and one with fewer elements. */
  private static final List<int[]> SHAPES =
      List.of(
          new int[] {48, 16},
          new int[] {33, 1001},
          new int[] {512, 1024},
          new int[] {7},
          new int[] {2},
          new int[] {1});

  private static final String SOURCE =
      """
      model Tiny() {
        param w: [3, 5] = normal(1.0)
        param v: [5] = normal(1.0)
        objective fit(x: [b, 5]) {
          let y = linear(x * broadcast(v, [b, 5]), w)
          minimize mean(y * y)
        }
      }
      """;

  private static CheckedModel model() {
    return Language.parse("tiny.arch", SOURCE)
        .then(l -> l.elaborate("Tiny", Map.of(), Map.of("b", 2)))
        .get();
  }

  private static ExecutionPlan plan(Request.Sharding sharding) {
    List<Request> requests = new ArrayList<>(Request.training(List.of("fit"), ADAM, true));
    requests.add(sharding);
    return Compiler.compile(model(), requests);
  }

  private static Slot slot(ExecutionPlan plan, String name) {
    return plan.storage().stream()
        .filter(t -> t.name().equals(name))
        .map(StoredTensor::slot)
        .findFirst()
        .orElseThrow();
  }

  private static double[] numbers(Random random, int n) {
    return random.doubles(n, -1, 1).map(x -> (float) x).toArray();
  }

  private static List<Machine> machines() {
    return List.of(
        new Machine(1, true, 1),
        new Machine(8, true, 1),
        new Machine(16, true, 1),
        Machine.host(1));
  }

  @Test
  void thereIsAStepForEachLevelAndAPartialSumForAllButTheLast() {
    ExecutionPlan plan = plan(new Request.Sharding(8, 1));
    assertEquals(
        List.of(
            "fit.gradients",
            "fit.accumulate",
            "fit.combine0",
            "fit.combine1",
            "fit.combine2",
            "fit.combine3",
            "fit.update",
            "fit.loss",
            "init"),
        List.copyOf(plan.steps().keySet()));
    assertEquals(
        List.of("0:w", "0:v", "1:w", "1:v", "2:w", "2:v"),
        plan.storage().stream()
            .filter(t -> t.role() == Role.PARTIAL)
            .map(StoredTensor::path)
            .toList());
    assertEquals(plan(Request.Sharding.NONE), Compiler.compile(model(), unsharded()));
    assertThrows(IllegalArgumentException.class, () -> new Request.Sharding(6, 1));
    assertThrows(IllegalArgumentException.class, () -> new Request.Sharding(4, 8));
  }

  private static List<Request> unsharded() {
    return Request.training(List.of("fit"), ADAM, true);
  }

  /** The gradients of shards one by one, without a tree. */
  private static List<double[]> gradients(Machine machine, List<double[]> inputs, double[] w) {
    ExecutionPlan plan = plan(Request.Sharding.NONE);
    List<double[]> all = new ArrayList<>();
    try (PlanRunner runner = new EmittedPlan(plan, new JvmEmitter(machine, List.of()), 1)) {
      runner.write(slot(plan, "w"), w);
      runner.write(slot(plan, "v"), new double[] {1, 2, 3, 4, 5});
      for (double[] x : inputs) {
        runner.write(plan.step("fit.gradients").inputs().get("x"), x);
        runner.run("fit.gradients");
        all.add(runner.read(slot(plan, "gradient:w")));
      }
    }
    return all;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] all = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      all[i] = (float) a[i] + (float) b[i];
    }
    return all;
  }

  /** {@code ((0 + 1) + (2 + 3)) + …} */
  private static double[] tree(List<double[]> leaves) {
    int half = leaves.size() / 2;
    return half == 0
        ? leaves.getFirst()
        : sum(tree(leaves.subList(0, half)), tree(leaves.subList(half, leaves.size())));
  }

  @Test
  void theGradientsOfShardsAreAddedInABalancedTree() {
    Random random = new Random(5);
    for (int shards : new int[] {2, 4, 8}) {
      for (Machine machine : machines()) {
        List<double[]> inputs = new ArrayList<>();
        for (int s = 0; s < shards; s++) {
          inputs.add(numbers(random, 10));
        }
        double[] w = numbers(random, 15);
        ExecutionPlan plan = plan(new Request.Sharding(shards, 1));
        try (PlanRunner runner = new EmittedPlan(plan, new JvmEmitter(machine, List.of()), 1)) {
          runner.write(slot(plan, "w"), w);
          runner.write(slot(plan, "v"), new double[] {1, 2, 3, 4, 5});
          for (int s = 0; s < shards; s++) {
            runner.write(plan.step("fit.gradients").inputs().get("x"), inputs.get(s));
            runner.run("fit.gradients");
            runner.run(StepId.combine("fit", Request.Sharding.level(s)).name());
          }
          assertArrayEquals(
              tree(gradients(machine, inputs, w)), runner.read(slot(plan, "gradient:w")), 0);
        }
      }
    }
  }

  /** Trains a step on all ranks at once; gives what they then have in storage. */
  private static List<Map<String, double[]>> train(
      int ranks, int micros, List<double[]> inputs, double[] w) {
    int shards = inputs.size() / micros;
    Request.Sharding sharding = new Request.Sharding(shards, ranks);
    List<Request> requests = new ArrayList<>(Request.training(List.of("fit"), ADAM, micros > 1));
    requests.add(sharding);
    Derived d = Compiler.derive(model(), requests);
    List<Map<String, double[]>> stored = new ArrayList<>();
    for (int r = 0; r < ranks; r++) {
      Map<String, double[]> of = new HashMap<>();
      d.stored().forEach(s -> of.put(s.name(), new double[(int) s.type().shape().elements()]));
      of.put("w", w);
      of.put("v", new double[] {1, 2, 3, 4, 5});
      stored.add(of);
    }
    for (int place = 0; place < sharding.perRank(); place++) {
      for (int m = 0; m < micros; m++) {
        List<Map<String, double[]>> given = new ArrayList<>();
        for (int r = 0; r < ranks; r++) {
          int shard = r * sharding.perRank() + place;
          given.add(Map.of("x", inputs.get(shard * micros + m)));
        }
        boolean isLast = m == micros - 1;
        run(
            d.graph(
                m == 0
                    ? "fit.gradients"
                    : isLast && sharding.perRank() == 1 && ranks > 1
                        ? "fit.reduce"
                        : "fit.accumulate"),
            given,
            stored);
      }
      if (sharding.perRank() > 1) {
        List<Map<String, double[]>> none =
            stored.stream().map(s -> Map.<String, double[]>of()).toList();
        run(d.graph("fit.combine" + Request.Sharding.level(place)), none, stored);
      }
    }
    Map<String, double[]> update =
        Map.of(
            "lr", new double[] {0.1},
            "correction1", new double[] {0.5},
            "correction2", new double[] {0.25},
            "gradient_scale", new double[] {1.0 / inputs.size()});
    run(d.graph("fit.update"), stored.stream().map(s -> update).toList(), stored);
    return stored;
  }

  private static void run(
      Graph graph, List<Map<String, double[]>> inputs, List<Map<String, double[]>> stored) {
    List<Interpreter.Result> results =
        new Interpreter(graph, Precision.AS_TYPED).run(inputs, stored);
    for (int r = 0; r < results.size(); r++) {
      stored.get(r).putAll(results.get(r).updates());
    }
  }

  @Test
  void anyNumberOfRanksTrainsTheSameBits() {
    Random random = new Random(7);
    for (int micros : new int[] {1, 3}) {
      List<double[]> inputs = new ArrayList<>();
      for (int i = 0; i < 8 * micros; i++) {
        inputs.add(numbers(random, 10));
      }
      double[] w = numbers(random, 15);
      Map<String, double[]> one = train(1, micros, inputs, w).getFirst();
      for (int ranks : new int[] {2, 4, 8}) {
        for (Map<String, double[]> of : train(ranks, micros, inputs, w)) {
          for (String name : List.of("gradient:w", "gradient:v", "w", "v", "moment1:w")) {
            assertArrayEquals(one.get(name), of.get(name), 0, ranks + " ranks: " + name);
          }
        }
      }
    }
  }

  /** The sums of the squares of a rank's blocks of all gradients, which lie one after the other. */
  private static Graph squares(List<Integer> lengths, int blocks, int shards) {
    GraphBuilder b = new GraphBuilder();
    GradientNorm norm = new GradientNorm(b, shards, RankGroup.all(shards / blocks));
    for (int i = 0; i < lengths.size(); i++) {
      norm.add(b.add(new Stored("g" + i, TensorType.f32(blocks * lengths.get(i)))));
    }
    return b.build("squares", Map.of("blocks", norm.ofBlocks()), Map.of());
  }

  private static List<StorageDeclaration> declared(List<TensorType> types) {
    List<StorageDeclaration> all = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      all.add(new StorageDeclaration(new StoredId(Role.PARAMETER, "g" + i), types.get(i)));
    }
    return all;
  }

  private static Graph whole(List<TensorType> types, int shards) {
    GraphBuilder b = new GraphBuilder();
    GradientNorm norm = new GradientNorm(b, shards);
    for (int i = 0; i < types.size(); i++) {
      norm.add(b.add(new Stored("g" + i, types.get(i))));
    }
    return b.build("whole", Map.of("total", norm.total()), Map.of());
  }

  private static double read(PlanRunner runner, ExecutionPlan plan, String step, String output) {
    return runner.read(plan.step(step).outputs().get(output))[0];
  }

  @Test
  void aRankThatHasItsBlocksOnlyComputesTheirShareOfTheNorm() {
    Random random = new Random(6);
    List<TensorType> types = SHAPES.stream().map(TensorType::f32).toList();
    List<double[]> gradients =
        types.stream().map(t -> numbers(random, (int) t.shape().elements())).toList();
    for (int shards : new int[] {2, 4, 8, 64}) {
      List<Integer> lengths = gradients.stream().map(g -> Math.ceilDiv(g.length, shards)).toList();
      for (Machine machine : machines()) {
        JvmEmitter emitter = new JvmEmitter(machine, List.of());
        ExecutionPlan all = Plans.of("all", declared(types), List.of(whole(types, shards)));
        double total;
        try (PlanRunner runner = new EmittedPlan(all, emitter, 1)) {
          for (int i = 0; i < types.size(); i++) {
            runner.write(slot(all, "g" + i), gradients.get(i));
          }
          runner.run("whole");
          total = read(runner, all, "whole", "total");
        }
        double exact = gradients.stream().flatMapToDouble(Arrays::stream).map(x -> x * x).sum();
        assertEquals(exact, total, 1e-6 * exact);
        for (int blocks = 1; blocks <= shards; blocks *= 2) {
          int each = blocks;
          ExecutionPlan one =
              Plans.of(
                  "one",
                  declared(lengths.stream().map(n -> TensorType.f32(each * n)).toList()),
                  List.of(squares(lengths, blocks, shards)));
          List<double[]> sums = new ArrayList<>();
          try (PlanRunner runner = new EmittedPlan(one, emitter, 1)) {
            for (int from = 0; from < shards; from += blocks) {
              for (int i = 0; i < types.size(); i++) {
                runner.write(
                    slot(one, "g" + i), share(gradients.get(i), lengths.get(i), from, blocks));
              }
              runner.run("squares");
              for (double sum : runner.read(one.step("squares").outputs().get("blocks"))) {
                sums.add(new double[] {sum});
              }
            }
          }
          assertEquals(
              total,
              tree(sums)[0],
              Text.format("%d shards, %d on a rank, %s", shards, blocks, machine));
        }
      }
    }
  }

  /** More blocks take no more kernels, but for the levels of their tree. */
  @Test
  void aThousandBlocksOfTheNormAreAddedInTheKernelsOfTwo() {
    int two = plan(new Request.Sharding(2, 1)).step("fit.update").calls().size();
    int many = plan(new Request.Sharding(1024, 1)).step("fit.update").calls().size();
    assertTrue(many <= two + 9, many + " calls instead of " + two);
  }

  private static double[] share(double[] all, int length, int from, int blocks) {
    double[] share = new double[length * blocks];
    int at = Math.min(all.length, from * length);
    System.arraycopy(all, at, share, 0, Math.min(share.length, all.length - at));
    return share;
  }

  /** A flat tensor of so many elements does not exist, which is said of the parameter. */
  @Test
  void aParameterTooLargeForBlocksIsRefusedByName() {
    String source =
        """
        model Large() {
          param w: [65536, 32768] = zeros
          objective fit(x: [b, 32768]) {
            let y = linear(x, w)
            minimize mean(y * y)
          }
        }
        """;
    CheckedModel large =
        Language.parse("large.arch", source)
            .then(l -> l.elaborate("Large", Map.of(), Map.of("b", 2)))
            .get();
    List<Request> requests = new ArrayList<>(Request.training(List.of("fit"), ADAM, true));
    requests.add(new Request.Sharding(2, 1));
    UnfitModelException refused =
        assertThrows(UnfitModelException.class, () -> Compiler.compile(large, requests));
    assertEquals(
        List.of(
            "large.arch:2:9: the gradient norm in w cuts 2147483648 elements into a block for each"
                + " shard; at most 2147483647 are possible; train with `shards: 1`, or make the"
                + " parameter smaller"),
        refused.problems().stream().map(Problem::toString).toList());
  }
}
