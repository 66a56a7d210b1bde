package dev.lgc.runtime.bench;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.compiler.rewrite.rule.Rules;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Session;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Attention of one query a row over a cache, at several positions: layers with caches of their own,
 * as many as do not stay in the processor's; one thread, processor time, best of several runs.
 * Arguments: layers, rows, heads, key heads, positions, depth of a head, and the dtype of the
 * caches (12 2 12 12 256 64 F32).
 */
public final class CacheBench {
  private static final int RUNS = 40;

  private CacheBench() {}

  public static void main(String[] args) {
    int[] n = {12, 2, 12, 12, 256, 64};
    for (int i = 0; i < Math.min(args.length, n.length); i++) {
      n[i] = Integer.parseInt(args[i]);
    }
    DType held = args.length > n.length ? DType.valueOf(args[n.length]) : DType.F32;
    Graph g = graph(n, held);
    ExecutionPlan plan = Plans.of("bench", List.of(), List.of(g));
    try (CpuDevice device = new CpuDevice(1);
        Session session = Session.open(plan, device)) {
      Random r = new Random(1);
      for (String key : plan.steps().get(g.name()).inputs().keySet()) {
        var x = session.inputTensor(g.name(), key);
        for (long i = 0; i < x.elements(); i++) {
          x.set(i, key.equals("position") ? 0 : r.nextFloat());
        }
      }
      int last = n[4] - 1;
      int[] positions = {last, 0, 1, last / 4, last / 2, 3 * last / 4, last};
      for (int p : positions) {
        double best = best(session, p);
        double bytes = 2.0 * held.bytes() * n[0] * n[1] * n[3] * n[5] * (p + 1);
        System.out.printf(
            Locale.ROOT,
            "position %d: %.3f ms, %.1f GB/s of what is written%n",
            p,
            best,
            bytes / best * 1e-6);
      }
    }
  }

  private static double best(Session session, int position) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    session.inputTensor("cached", "position").fill(position);
    double best = Double.MAX_VALUE;
    for (int run = 0; run < RUNS; run++) {
      long start = threads.getCurrentThreadCpuTime();
      session.run("cached");
      best = Math.min(best, (threads.getCurrentThreadCpuTime() - start) / 1e6);
    }
    return best;
  }

  private static Graph graph(int[] n, DType held) {
    GraphBuilder b = new GraphBuilder();
    int position = b.add(new Input("position", TensorType.i32()));
    Map<String, Integer> outputs = new LinkedHashMap<>();
    Attend attend = new Attend(n[2], n[3], 0.125, true, false, true);
    for (int layer = 0; layer < n[0]; layer++) {
      int q = b.add(new Input("q" + layer, TensorType.f32(n[1], 1, n[2] * n[5])));
      int k = cache(b, "k" + layer, n, held);
      int v = cache(b, "v" + layer, n, held);
      outputs.put("y" + layer, b.add(attend, q, k, v, position));
    }
    return Rules.applied(Decompose.all(b.build("cached", outputs, Map.of())));
  }

  /** As the decode step has them: the positions of one head are neighbours. */
  private static int cache(GraphBuilder b, String name, int[] n, DType held) {
    int byHead = b.add(new Input(name, TensorType.f32(n[1], n[3], n[4], n[5]).withDType(held)));
    return b.reshape(
        b.transpose(b.cast(byHead, DType.F32), 0, 2, 1, 3), Shape.of(n[1], n[4], n[3] * n[5]));
  }
}
