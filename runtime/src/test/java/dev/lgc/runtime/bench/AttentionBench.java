package dev.lgc.runtime.bench;

import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.compiler.rewrite.rule.Rules;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Session;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;

/**
 * Attention in one kernel beside the same with its matrices of scores in memory, forward and its
 * gradients: one thread, processor time, best of several turns by turns. Arguments: batch, heads,
 * positions, depth of a head (8 12 256 64).
 */
public final class AttentionBench {
  private static final int TURNS = 8;

  private AttentionBench() {}

  public static void main(String[] args) {
    int[] n = {8, 12, 256, 64};
    for (int i = 0; i < args.length; i++) {
      n[i] = Integer.parseInt(args[i]);
    }
    for (boolean gradients : new boolean[] {false, true}) {
      measure(n, gradients);
    }
  }

  private static void measure(int[] n, boolean gradients) {
    Graph fused = graph(n, gradients);
    Map<String, Graph> both = new LinkedHashMap<>();
    both.put("in memory", keeping(fused, (long) n[0] * n[1] * n[2] * n[2]));
    both.put("one kernel", fused);
    List<Session> sessions = new ArrayList<>();
    List<CpuDevice> devices = new ArrayList<>();
    both.values()
        .forEach(
            g -> {
              ExecutionPlan plan = Plans.of("bench", List.of(), List.of(g));
              devices.add(new CpuDevice(1));
              sessions.add(Session.open(plan, devices.getLast()));
              Random r = new Random(1);
              plan.steps()
                  .get(g.name())
                  .inputs()
                  .keySet()
                  .forEach(
                      key -> {
                        var x = sessions.getLast().inputTensor(g.name(), key);
                        for (long i = 0; i < x.elements(); i++) {
                          x.set(i, r.nextFloat());
                        }
                      });
              System.out.printf(
                  Locale.ROOT,
                  "%d calls, %d MB of work%n",
                  plan.steps().get(g.name()).calls().size(),
                  plan.steps().get(g.name()).workBytes() >> 20);
            });
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    double[] best = {1e9, 1e9};
    for (int turn = 0; turn < TURNS; turn++) {
      for (int i = 0; i < 2; i++) {
        for (int again = 0; again < 4; again++) {
          long start = threads.getCurrentThreadCpuTime();
          sessions.get(i).run("attention");
          best[i] = Math.min(best[i], (threads.getCurrentThreadCpuTime() - start) / 1e6);
        }
      }
    }
    long products = gradients ? 5 : 2;
    double gflop = 2e-9 * products * n[0] * n[1] * n[2] * n[2] * n[3];
    System.out.printf(
        Locale.ROOT,
        "%s: in memory %.1f ms (%.0f GFLOP/s), one kernel %.1f ms (%.0f GFLOP/s), ratio %.2f; %d kB"
            + " of scratch%n",
        gradients ? "gradients" : "forward",
        best[0],
        gflop / best[0] * 1e3,
        best[1],
        gflop / best[1] * 1e3,
        best[0] / best[1],
        devices.get(1).workingBytes() >> 10);
    sessions.forEach(Session::close);
    devices.forEach(CpuDevice::close);
  }

  private static Graph graph(int[] n, boolean gradients) {
    GraphBuilder b = new GraphBuilder();
    TensorType t = TensorType.f32(n[0], n[2], n[1] * n[3]);
    int q = b.add(new Input("q", t));
    int k = b.add(new Input("k", t));
    int v = b.add(new Input("v", t));
    int y = b.add(new Attend(n[1], n[1], 0.125, true, false, false), q, k, v);
    Map<String, Integer> outputs = new LinkedHashMap<>();
    if (gradients) {
      int[] g = Autodiff.gradients(b, b.sum(b.mul(y, b.add(new Input("g", t)))), List.of(q, k, v));
      for (int i = 0; i < g.length; i++) {
        outputs.put("g" + i, g[i]);
      }
    } else {
      outputs.put("y", y);
    }
    return Rules.applied(Decompose.all(b.build("attention", outputs, Map.of())));
  }

  /** The same graph, with the operands and results of products that are so large as outputs. */
  private static Graph keeping(Graph g, long elements) {
    TreeSet<Integer> large = new TreeSet<>();
    for (int n = 0; n < g.nodes().size(); n++) {
      if (g.node(n).op() instanceof Contract) {
        large.add(n);
        large.addAll(g.node(n).operands());
      }
    }
    Map<String, Integer> outputs = new LinkedHashMap<>(g.outputs());
    large.stream()
        .filter(n -> g.node(n).type().shape().elements() == elements)
        .forEach(n -> outputs.put("kept" + n, n));
    return new Graph(g.name(), g.nodes(), outputs, g.updates());
  }
}
