package dev.lgc.compiler.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.emit.jvm.IndexFault;
import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.compiler.rewrite.Rematerialize;
import dev.lgc.compiler.rewrite.Simplified;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * What every backend owes: plans of random graphs compute what the reference interpreter says that
 * the graphs mean. {@code -Dlgc.seed} repeats a failure, {@code -Dlgc.graphs} tries more.
 */
public abstract class BackendContract {
  /**
   * Seeds of attention with products so large that a backend may compute them by themselves: among
   * a few random ones there may be none.
   */
  private static final long[] LARGE_ATTENTION = {7, 19, 24};

  /** How many graphs to try by default. */
  protected abstract int graphs();

  /** The types besides F32 that floats may have in between; F32 itself for none. */
  protected List<DType> floats() {
    return List.of(DType.BF16, DType.F16, DType.F64);
  }

  /**
   * The ways to run a plan. Those in one list must give the same bits: other numbers of threads,
   * other orders.
   */
  protected abstract List<List<Function<ExecutionPlan, PlanRunner>>> backends();

  @Test
  final void plansComputeWhatTheirGraphsMean() {
    long first = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    long last = first + Integer.getInteger("lgc.graphs", graphs());
    for (long seed = first; seed < last; seed++) {
      RandomGraphs random = new RandomGraphs(seed, floats());
      Graph g = Decompose.all(random.graph(3 + (int) (seed % 20)));
      try {
        check(g, random.stored, seed);
      } catch (RuntimeException | AssertionError e) {
        ExecutionPlan p = Plans.of("random", random.stored, List.of(g));
        throw new AssertionError(
            "seed " + seed + "\n" + GraphDump.dump(g) + PlanDump.fused(p) + PlanDump.kernels(p), e);
      }
    }
  }

  @Test
  final void attentionComputesWhatItMeans() {
    long first = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    long last = first + Integer.getInteger("lgc.graphs", graphs() / 5);
    LongStream.concat(LongStream.of(LARGE_ATTENTION), LongStream.range(first, last))
        .forEach(this::checkAttention);
  }

  private void checkAttention(long seed) {
    Graph g = Simplified.of(Decompose.all(new RandomAttention(seed).graph()));
    try {
      check(g, List.of(), seed);
    } catch (RuntimeException | AssertionError e) {
      ExecutionPlan p = Plans.of("attention", List.of(), List.of(g));
      throw new AssertionError(
          "seed " + seed + "\n" + GraphDump.dump(g) + PlanDump.fused(p) + PlanDump.kernels(p), e);
    }
  }

  @Test
  final void everyNumberOfFewBitsIsReadAndRoundedTo() {
    for (DType type : List.of(DType.BF16, DType.F16, DType.I8)) {
      backends().forEach(alike -> alike.forEach(b -> checkNumbers(type, b)));
    }
  }

  /** Reads all numbers of a type; rounds them, ties, numbers between them, and any others. */
  private static void checkNumbers(DType type, Function<ExecutionPlan, PlanRunner> backend) {
    TensorType few = new TensorType(type, Shape.of(1 << 16));
    StorageDeclaration from = new StorageDeclaration("from", StoredId.Role.BUFFER, few);
    StorageDeclaration to = new StorageDeclaration("to", StoredId.Role.BUFFER, few);
    GraphBuilder b = new GraphBuilder();
    int rounded = b.cast(b.add(new Input("x", few.withDType(DType.F32))), type);
    Graph g =
        b.build(
            "numbers",
            Map.of(
                "read", b.cast(b.add(new Stored("from", few)), DType.F32),
                "rounded", b.cast(rounded, DType.F32)),
            Map.of("to", rounded));
    ExecutionPlan plan = Plans.of("numbers", List.of(from, to), List.of(g));
    double[] all = new double[1 << 16];
    double[] some = new double[1 << 16];
    double[] nearest = new double[1 << 16];
    Random random = new Random(7);
    for (int i = 0; i < all.length; i++) {
      all[i] = number(type, i);
      double next = number(type, i ^ 1);
      some[i] =
          switch (i % 4) {
            case 0 -> all[i];
            case 1 -> (all[i] + next) / 2;
            case 2 -> (float) (all[i] + (next - all[i]) * random.nextDouble());
            default -> type == DType.I8 ? all[i] : Float.intBitsToFloat(random.nextInt());
          };
      nearest[i] = type == DType.I8 ? (int) some[i] : Rounding.to(type, some[i]);
    }
    try (PlanRunner runner = backend.apply(plan)) {
      Step step = plan.step("numbers");
      runner.write(step.inputs().get("x"), some);
      plan.storage().forEach(t -> runner.write(t.slot(), all));
      runner.run("numbers");
      assertArrayEquals(all, runner.read(step.outputs().get("read")), type + ", read");
      assertArrayEquals(nearest, runner.read(step.outputs().get("rounded")), type + ", rounded");
      for (StoredTensor t : plan.storage()) {
        double[] want = t.name().equals("to") ? nearest : all;
        assertArrayEquals(want, runner.read(t.slot()), type + ", stored");
      }
    }
  }

  /** What is not written of a cache is not looked at, whatever it holds. */
  @Test
  final void attentionOverACacheReadsWhatIsWritten() {
    long first = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    long last = first + Integer.getInteger("lgc.graphs", graphs() / 5);
    for (long seed = first; seed < last; seed++) {
      RandomCache random = new RandomCache(seed);
      Graph g = Simplified.of(Decompose.all(random.graph()));
      ExecutionPlan plan = Plans.of("cache", List.of(), List.of(g));
      String what = "seed " + seed + ": " + random + "\n" + PlanDump.kernels(plan);
      assertTrue(RandomCache.isBounded(plan) || !random.isOneKernel(), what);
      double unwritten = RandomCache.isBounded(plan) ? Double.NaN : 0;
      Values given = Values.random(g, List.of(), new Random(seed));
      for (int position : random.positions()) {
        try {
          Values clean = cache(given, random, position, 0);
          Map<String, double[]> want = clean.interpreted(g, Precision.AS_TYPED);
          check(g, plan, clean, cache(given, random, position, unwritten), want);
        } catch (RuntimeException | AssertionError e) {
          throw new AssertionError("position " + position + ", " + what, e);
        }
      }
    }
  }

  /** An index is looked at on its own axis: what is beyond that is elsewhere in the same buffer. */
  @Test
  final void anIndexOutsideOfItsAxisIsAFault() {
    for (IndexCase c : IndexCase.all()) {
      Graph g = Decompose.all(c.graph());
      ExecutionPlan plan = Plans.of("index", c.stored(), List.of(g));
      Random random = new Random(3);
      Values given = Values.random(g, c.stored(), random);
      double[] index = given.inputs().get("index");
      Arrays.setAll(index, i -> i % c.extent());
      int place = random.nextInt(index.length);
      for (int inside : new int[] {0, c.extent() - 1}) {
        index[place] = inside;
        check(g, plan, given, given, given.interpreted(g, Precision.AS_TYPED));
      }
      int[] outside = {-1, c.extent(), c.extent() + 1, Integer.MIN_VALUE, Integer.MAX_VALUE};
      for (int i : outside) {
        index[place] = i;
        String what = c + ", index " + i + "\n" + PlanDump.kernels(plan);
        assertThrows(
            IllegalArgumentException.class, () -> given.interpreted(g, Precision.AS_TYPED), what);
        backends()
            .forEach(alike -> alike.forEach(b -> checkFault(b, plan, given, i, c.extent(), what)));
      }
    }
  }

  private static void checkFault(
      Function<ExecutionPlan, PlanRunner> backend,
      ExecutionPlan plan,
      Values given,
      int index,
      int extent,
      String what) {
    try (PlanRunner runner = backend.apply(plan)) {
      IndexFault fault =
          assertThrows(IndexFault.class, () -> given.run(plan, "index", runner), what);
      assertEquals(index, fault.index(), what);
      assertEquals(extent, fault.elements(), what);
    }
  }

  /** The number that some bits stand for. */
  private static double number(DType type, int bits) {
    return switch (type) {
      case BF16 -> Rounding.fromBf16Bits((short) bits);
      case F16 -> Float.float16ToFloat((short) bits);
      default -> (byte) bits;
    };
  }

  private static Values cache(Values given, RandomCache random, int position, double after) {
    Map<String, double[]> inputs = new LinkedHashMap<>(given.inputs());
    inputs.put("position", new double[] {position});
    // Before the first position nothing is masked in any other way than all of it.
    int written = position < 0 ? Integer.MAX_VALUE : position;
    for (String name : List.of("k", "v")) {
      inputs.put(name, random.writtenTo(written, inputs.get(name), after));
    }
    return new Values(inputs, given.stored());
  }

  private void check(Graph g, List<StorageDeclaration> stored, long seed) {
    Values given = Values.random(g, stored, new Random(seed));
    Map<String, double[]> want = given.interpreted(g, Precision.AS_TYPED);
    // Every other graph keeps as little as possible for its backward part.
    Graph planned = seed % 2 == 0 ? g : Rematerialize.fitting(g, 0, JvmFusion.LIMITS).graph();
    ExecutionPlan plan = Plans.of("random", stored, List.of(planned));
    check(g, plan, given, given, want);
  }

  /**
   * Runs a plan in all ways.
   *
   * @param clean what the graph means {@code want} for
   * @param given what the plan is given: it must make no difference
   */
  private void check(
      Graph g, ExecutionPlan plan, Values clean, Values given, Map<String, double[]> want) {
    for (List<Function<ExecutionPlan, PlanRunner>> alike : backends()) {
      Map<String, double[]> before = null;
      for (Function<ExecutionPlan, PlanRunner> backend : alike) {
        Map<String, double[]> got;
        try (PlanRunner runner = backend.apply(plan)) {
          got = given.run(plan, g.name(), runner);
        }
        if (before != null) {
          before.forEach((name, v) -> assertArrayEquals(v, got.get(name), name));
        } else {
          close(g, clean, want, got);
        }
        before = got;
      }
    }
  }

  private static void close(
      Graph g, Values given, Map<String, double[]> want, Map<String, double[]> got) {
    Map<String, Double> slack = null;
    for (String name : want.keySet()) {
      double[] w = want.get(name);
      double[] x = got.get(name);
      assertEquals(w.length, x.length, name);
      if (isWithin(w, x, 2e-5 * largest(w))) {
        continue;
      }
      if (slack == null) {
        slack = given.sensitivity(g, want);
      }
      double allowed = Math.max(2e-5 * largest(w), 8 * slack.get(name));
      if (!isWithin(w, x, allowed)) {
        assertArrayEquals(w, x, allowed, name);
      }
    }
  }

  private static double largest(double[] values) {
    double most = 0;
    for (double v : values) {
      most = Math.max(most, Math.abs(v));
    }
    return most;
  }

  private static boolean isWithin(double[] want, double[] got, double allowed) {
    for (int i = 0; i < want.length; i++) {
      if (!(Math.abs(want[i] - got[i]) <= allowed) && Double.compare(want[i], got[i]) != 0) {
        return false;
      }
    }
    return true;
  }

  /** What a graph is given: its inputs, and what is stored, by key. */
  private record Values(Map<String, double[]> inputs, Map<String, double[]> stored) {
    static Values random(Graph g, List<StorageDeclaration> declared, Random r) {
      Map<String, double[]> inputs = new LinkedHashMap<>();
      Graphs.inputs(g).forEach((name, t) -> inputs.put(name, random(r, t)));
      Map<String, double[]> stored = new LinkedHashMap<>();
      declared.forEach(d -> stored.put(d.name(), random(r, d.type())));
      return new Values(inputs, stored);
    }

    private static double[] random(Random r, TensorType t) {
      int n = (int) t.shape().elements();
      return t.dtype() == DType.F32
          ? r.doubles(n, -1.5, 1.5).map(d -> (float) d).toArray()
          : r.ints(n, t.dtype() == DType.I8 ? -127 : 0, 100).asDoubleStream().toArray();
    }

    /** Outputs, and what is stored afterwards. */
    Map<String, double[]> interpreted(Graph g, Precision precision) {
      Interpreter.Result r = Interpreter.run(g, precision, inputs, stored);
      Map<String, double[]> results = new LinkedHashMap<>(r.outputs());
      stored.forEach((key, v) -> results.put(key, r.updates().getOrDefault(key, v)));
      return results;
    }

    Map<String, double[]> run(ExecutionPlan plan, String name, PlanRunner runner) {
      Step step = plan.steps().get(name);
      step.inputs().forEach((input, slot) -> runner.write(slot, inputs.get(input)));
      plan.storage().forEach(t -> runner.write(t.slot(), stored.get(t.name())));
      runner.run(name);
      Map<String, double[]> results = new LinkedHashMap<>();
      step.outputs().forEach((output, slot) -> results.put(output, runner.read(slot)));
      plan.storage().forEach(t -> results.put(t.name(), runner.read(t.slot())));
      return results;
    }

    /**
     * How much each result moves when numbers are rounded otherwise: in double precision, and with
     * every float that is given, stored or computed in between moved by a unit in its last place.
     * Large where terms cancel or a decision (argmax, floor) is close.
     */
    Map<String, Double> sensitivity(Graph g, Map<String, double[]> want) {
      Map<String, Double> most = new LinkedHashMap<>();
      for (Map<String, double[]> other :
          List.of(
              interpreted(g, Precision.DOUBLE),
              nudged(1).interpreted(g, Precision.AS_TYPED),
              nudged(-1).interpreted(g, Precision.AS_TYPED),
              interpreted(
                  Roundings.disturb(g, new Random(g.nodes().size())), Precision.AS_TYPED))) {
        want.forEach(
            (name, w) -> {
              double[] x = other.get(name);
              double d = 0;
              for (int i = 0; i < w.length; i++) {
                d = Math.max(d, Math.abs(w[i] - x[i]));
              }
              most.merge(name, d, Math::max);
            });
      }
      return most;
    }

    private Values nudged(int direction) {
      return new Values(nudged(inputs, direction), nudged(stored, direction));
    }

    private static Map<String, double[]> nudged(Map<String, double[]> values, int direction) {
      Map<String, double[]> moved = new LinkedHashMap<>();
      values.forEach(
          (name, v) -> {
            double[] m = v.clone();
            for (int i = 0; i < m.length; i++) {
              if (m[i] != Math.rint(m[i])) { // a whole number may be an index
                m[i] = Math.nextAfter((float) m[i], direction * (i % 2 * 2 - 1) * 2.0);
              }
            }
            moved.put(name, m);
          });
      return moved;
    }
  }
}
