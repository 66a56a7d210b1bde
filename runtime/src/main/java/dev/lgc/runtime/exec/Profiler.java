package dev.lgc.runtime.exec;

import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Times kernel calls. */
public final class Profiler implements CallObserver {
  private final ExecutionPlan plan;
  private final Map<KernelCall, long[]> times = new IdentityHashMap<>();
  private long started;

  public Profiler(ExecutionPlan plan) {
    this.plan = plan;
  }

  /**
   * What a kernel call took, over all its runs.
   *
   * @param kernel its name
   * @param bytes of memory its buffers have, in one run
   * @param flops of one run
   */
  public record Row(
      String label, Origin origin, String kernel, long runs, long nanos, long bytes, long flops) {
    /** Average bandwidth. */
    public double gigabytesPerSecond() {
      return (double) bytes * runs / nanos;
    }

    /** Average speed. */
    public double gigaflops() {
      return (double) flops * runs / nanos;
    }
  }

  @Override
  public void before(KernelCall call) {
    started = System.nanoTime();
  }

  @Override
  public void after(KernelCall call) {
    long now = System.nanoTime();
    long[] t = times.computeIfAbsent(call, _ -> new long[2]);
    t[0]++;
    t[1] += now - started;
  }

  /** Forgets what was measured. */
  public void reset() {
    times.clear();
  }

  /** One row per call, the longest first. */
  public List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    times.forEach(
        (call, t) -> {
          Kernel k = plan.kernels().get(call.kernel());
          long bytes = call.slots().stream().mapToLong(s -> s.type().bytes()).sum();
          rows.add(
              new Row(
                  call.label(), call.origin(), k.name(), t[0], t[1], bytes, KernelWork.flops(k)));
        });
    rows.sort(Comparator.comparingLong(Row::nanos).reversed());
    return rows;
  }

  /** Rows of calls of the same kernel joined: the repeated layers of a model. */
  public List<Row> kernels() {
    Map<String, Row> joined = new LinkedHashMap<>();
    for (Row r : rows()) {
      joined.merge(
          r.kernel() + r.bytes() + " " + r.flops(),
          r,
          (a, b) ->
              new Row(
                  a.label(),
                  a.origin(),
                  a.kernel(),
                  a.runs() + b.runs(),
                  a.nanos() + b.nanos(),
                  a.bytes(),
                  a.flops()));
    }
    List<Row> rows = new ArrayList<>(joined.values());
    rows.sort(Comparator.comparingLong(Row::nanos).reversed());
    return rows;
  }

  /** {@link #rows} as a table, with a total. */
  public String table(int limit) {
    return table(rows(), limit);
  }

  /** {@link #kernels} as a table, with a total. */
  public String byKernel(int limit) {
    return table(kernels(), limit);
  }

  private static String table(List<Row> rows, int limit) {
    StringBuilder s = new StringBuilder();
    long total = rows.stream().mapToLong(Row::nanos).sum();
    s.append(
        "%10s %6s %6s %8s %8s  %s%n"
            .formatted("ms/run", "share", "runs", "GB/s", "GFLOP/s", "kernel, line, ops"));
    for (Row r : rows.subList(0, Math.min(limit, rows.size()))) {
      s.append(
          "%10.3f %5.1f%% %6d %8.2f %8.2f  %s  %s  %s%n"
              .formatted(
                  r.nanos() / 1e6 / r.runs(),
                  100.0 * r.nanos() / total,
                  r.runs(),
                  r.gigabytesPerSecond(),
                  r.gigaflops(),
                  r.kernel(),
                  r.origin().where(),
                  r.label()));
    }
    return s.append("%10.3f in all%n".formatted(total / 1e6)).toString();
  }
}
