package dev.lgc.compiler.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelVerifier;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Plans of random graphs compute what the graphs mean. */
final class LoweringTest {
  private static final int GRAPHS = Integer.getInteger("lgc.graphs", 300);

  @Test
  void plansComputeWhatTheirGraphsMean() {
    long first = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    for (long seed = first; seed < first + GRAPHS; seed++) {
      RandomGraphs random = new RandomGraphs(seed);
      Graph g = Decompose.all(random.graph(3 + (int) (seed % 20)));
      try {
        check(g, random.stored, seed);
      } catch (RuntimeException | AssertionError e) {
        ExecutionPlan p = Planner.plan("random", "", random.stored, List.of(g));
        throw new AssertionError(
            "seed " + seed + "\n" + GraphDump.dump(g) + PlanDump.fused(p) + PlanDump.kernels(p), e);
      }
    }
  }

  static void check(Graph g, List<Declared> stored, long seed) {
    Random r = new Random(seed);
    Map<String, double[]> inputs = new HashMap<>();
    Graphs.inputs(g).forEach((name, t) -> inputs.put(name, values(r, t)));
    Map<String, double[]> old = new HashMap<>();
    stored.forEach(d -> old.put(d.key(), values(r, d.type())));
    Interpreter.Result want = Interpreter.run(g, Precision.AS_TYPED, inputs, old);
    ExecutionPlan plan = Planner.plan("random", "", stored, List.of(g));
    for (Kernel k : plan.kernels()) {
      assertEquals(List.of(), KernelVerifier.problems(k));
    }
    for (boolean backwards : new boolean[] {false, true}) {
      PlanMachine machine = new PlanMachine(plan, backwards);
      Step step = plan.steps().get(g.name());
      step.inputs().forEach((name, slot) -> machine.write(slot, inputs.get(name)));
      old.forEach((key, v) -> machine.write(machine.storage(key), v));
      machine.run(g.name());
      want.outputs().forEach((name, v) -> close(name, v, machine.read(step.outputs().get(name))));
      old.forEach(
          (key, v) ->
              close(key, want.updates().getOrDefault(key, v), machine.read(machine.storage(key))));
    }
  }

  private static double[] values(Random r, TensorType t) {
    int n = (int) t.shape().elements();
    return t.dtype() == DType.F32
        ? r.doubles(n, -1.5, 1.5).map(d -> (float) d).toArray()
        : r.ints(n, 0, 100).asDoubleStream().toArray();
  }

  private static void close(String name, double[] want, double[] got) {
    assertEquals(want.length, got.length, name);
    double scale = 0.05;
    for (double w : want) {
      scale = Math.max(scale, Math.abs(w));
    }
    for (int i = 0; i < want.length; i++) {
      if (!(Math.abs(want[i] - got[i]) <= 2e-5 * scale) && Double.compare(want[i], got[i]) != 0) {
        fail("%s[%d]: expected %s, was %s".formatted(name, i, want[i], got[i]));
      }
    }
  }
}
