package dev.lgc.runtime.bench;

import com.sun.management.ThreadMXBean;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Rsqrt;
import dev.lgc.compiler.op.Silu;
import dev.lgc.compiler.op.Softmax;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Tanh;
import dev.lgc.compiler.op.Uniform;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Profiler;
import dev.lgc.runtime.exec.Session;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;

/**
 * Bandwidths of kernels that are bound by memory: elementwise, rows, optimizer. Arguments: threads,
 * then names of what to measure (all when none are given).
 */
public final class KernelBench {
  private static final long SECOND = 1_000_000_000L;

  private final int threads;

  private KernelBench(int threads) {
    this.threads = threads;
  }

  /** Builds a graph's nodes, and says which tensors are stored. */
  private interface Body
      extends BiFunction<GraphBuilder, List<StorageDeclaration>, Map<String, Integer>> {}

  public static void main(String[] args) {
    int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
    List<String> wanted = List.of(args).subList(Math.min(1, args.length), args.length);
    KernelBench bench = new KernelBench(threads);
    Map<String, Body> all = new LinkedHashMap<>();
    int n = 1 << 24;
    all.put("copy", (b, s) -> Map.of("y", b.scale(in(b, n), 2)));
    all.put("add", (b, s) -> Map.of("y", b.plus(in(b, n), in(b, "z", n))));
    all.put("swiglu", (b, s) -> Map.of("y", b.mul(b.add(new Silu(), in(b, n)), in(b, "z", n))));
    all.put("tanh", (b, s) -> Map.of("y", b.add(new Tanh(), in(b, n))));
    all.put("log", (b, s) -> Map.of("y", b.log(in(b, n))));
    all.put("rmsnorm", (b, s) -> Map.of("y", norm(b, s, 4096, 768)));
    all.put("rmsnorm3200", (b, s) -> Map.of("y", norm(b, s, 1024, 3200)));
    all.put("softmax", (b, s) -> Map.of("y", b.add(new Softmax(1), in(b, "x", 512, 16384))));
    all.put("columns", (b, s) -> Map.of("y", b.sum(in(b, "x", 4096, 768), List.of(0))));
    all.put("total", (b, s) -> Map.of("y", b.sum(in(b, n))));
    all.put("transpose", (b, s) -> Map.of("y", b.transpose(in(b, "x", 4096, 1024), 1, 0)));
    all.put(
        "gather",
        (b, s) -> {
          int codes = b.add(new Input("codes", TensorType.i32(8192)));
          return Map.of("y", b.add(new Gather(), in(b, "x", 16384, 768), codes));
        });
    all.put(
        "uniform",
        (b, s) -> {
          int key = b.add(new Input("key", TensorType.i32(4)));
          return Map.of("y", b.add(new Uniform(1, TensorType.f32(n)), key));
        });
    all.put("adamw", KernelBench::adam);
    all.forEach(
        (name, body) -> {
          if (wanted.isEmpty() || wanted.contains(name)) {
            bench.measure(name, body);
          }
        });
  }

  private static int in(GraphBuilder b, int... dims) {
    return in(b, "x", dims);
  }

  private static int in(GraphBuilder b, String name, int... dims) {
    return b.add(new Input(name, TensorType.f32(dims)));
  }

  private static int norm(GraphBuilder b, List<StorageDeclaration> stored, int rows, int dim) {
    stored.add(new StorageDeclaration("w", Role.PARAMETER, TensorType.f32(dim)));
    int x = in(b, "x", rows, dim);
    int w = b.add(new Stored("w", TensorType.f32(dim)));
    int mean = b.scale(b.sum(b.mul(x, x), List.of(1)), 1.0 / dim);
    int scale = b.add(new Rsqrt(), b.shift(mean, 1e-5));
    Shape full = Shape.of(rows, dim);
    int y = b.mul(x, b.broadcast(b.reshape(scale, rows, 1), full));
    return b.mul(y, b.broadcast(b.reshape(w, 1, dim), full));
  }

  private static Map<String, Integer> adam(GraphBuilder b, List<StorageDeclaration> stored) {
    int n = 1 << 24;
    TensorType t = TensorType.f32(n);
    for (Role r : List.of(Role.PARAMETER, Role.GRADIENT, Role.MOMENT1, Role.MOMENT2)) {
      stored.add(new StorageDeclaration("p", r, t));
    }
    int p = b.add(new Stored("p", t));
    int g = b.add(new Stored("gradient:p", t));
    int m = b.add(new Stored("moment1:p", t));
    int v = b.add(new Stored("moment2:p", t));
    int lr = b.broadcast(in(b, "lr"), t.shape());
    int m2 = b.plus(b.scale(m, 0.9), b.scale(g, 0.1));
    int v2 = b.plus(b.scale(v, 0.95), b.scale(b.mul(g, g), 0.05));
    int step = b.div(m2, b.shift(b.sqrt(v2), 1e-8));
    int p2 = b.sub(p, b.mul(lr, b.plus(step, b.scale(p, 0.05))));
    return Map.of("=p", p2, "=moment1:p", m2, "=moment2:p", v2);
  }

  private void measure(String name, Body body) {
    GraphBuilder b = new GraphBuilder();
    List<StorageDeclaration> stored = new ArrayList<>();
    Map<String, Integer> outputs = new LinkedHashMap<>();
    Map<String, Integer> updates = new LinkedHashMap<>();
    body.apply(b, stored)
        .forEach(
            (key, v) -> {
              if (key.startsWith("=")) {
                updates.put(key.substring(1), v);
              } else {
                outputs.put(key, v);
              }
            });
    Graph g = Decompose.all(b.build(name, outputs, updates));
    ExecutionPlan plan = Plans.of("bench", stored, List.of(g));
    try (CpuDevice device = new CpuDevice(threads);
        Session s = Session.open(plan, device)) {
      Random r = new Random(1);
      plan.steps()
          .get(name)
          .inputs()
          .forEach(
              (key, slot) -> {
                var x = s.inputTensor(name, key);
                for (long i = 0; i < x.elements(); i++) {
                  x.set(i, slot.type().dtype().isFloat() ? r.nextFloat() : r.nextInt(1000));
                }
              });
      long start = System.nanoTime();
      s.run(name);
      double first = (System.nanoTime() - start) / 1e6;
      int warm = 1;
      while (System.nanoTime() - start < 3 * SECOND) {
        s.run(name);
        warm++;
      }
      List<Long> times = new ArrayList<>();
      ThreadMXBean threadBean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long allocated = threadBean.getCurrentThreadAllocatedBytes();
      start = System.nanoTime();
      for (int i = 0; i < 5 || System.nanoTime() - start < SECOND && i < 1000; i++) {
        long t0 = System.nanoTime();
        s.run(name);
        times.add(System.nanoTime() - t0);
      }
      allocated = threadBean.getCurrentThreadAllocatedBytes() - allocated - 64L * times.size();
      times.sort(null);
      double best = times.getFirst() / 1e6;
      double median = times.get(times.size() / 2) / 1e6;
      Profiler profile = s.profile();
      s.run(name);
      long bytes = profile.rows().stream().mapToLong(row -> row.cost().bytes()).sum();
      long elements =
          plan.kernels().stream().mapToLong(k -> k.buffers().getLast().elements()).sum();
      System.out.printf(
          Locale.ROOT,
          "%-12s %d kernels  first %.1f ms (%d runs to warm up), best %.3f ms, median %.3f ms,"
              + " %.1f GB/s, %.2f ns/element, %d bytes allocated%n",
          name,
          plan.steps().get(name).calls().size(),
          first,
          warm,
          best,
          median,
          bytes / best / 1e6,
          best * 1e6 / elements,
          allocated / times.size());
    }
  }
}
