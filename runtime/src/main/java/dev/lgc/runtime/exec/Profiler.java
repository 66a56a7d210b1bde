package dev.lgc.runtime.exec;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.CollectiveCall;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Times calls. A call counts as what is in the middle of its runs: some are interrupted. */
public final class Profiler implements CallObserver {
  private final ExecutionPlan plan;
  private final PlanCost costs;
  private final Map<Call, Times> times = new IdentityHashMap<>();
  private long started;

  public Profiler(ExecutionPlan plan) {
    this.plan = plan;
    costs = PlanCost.of(plan);
  }

  /** Nanoseconds of the runs of a call. */
  private static final class Times {
    private long[] all = new long[8];
    private int count;

    void add(long nanos) {
      if (count == all.length) {
        all = Arrays.copyOf(all, 2 * count);
      }
      all[count++] = nanos;
    }

    long median() {
      long[] sorted = Arrays.copyOf(all, count);
      Arrays.sort(sorted);
      return sorted[count / 2];
    }
  }

  /**
   * The time of a call, over all its runs.
   *
   * @param label the ops fused into it
   * @param kernel its name, or the collective's
   * @param nanos of all runs, had each taken what the middle one took
   * @param cost of one run
   */
  public record Row(String label, Origin origin, String kernel, long runs, long nanos, Cost cost) {
    /** Added to another call of the same kernel. */
    private Row and(Row o) {
      return new Row(label, origin, kernel, runs + o.runs, nanos + o.nanos, cost);
    }

    /** Seconds of one run. */
    public double seconds() {
      return nanos * 1e-9 / runs;
    }
  }

  @Override
  public void before(Call call) {
    started = System.nanoTime();
  }

  @Override
  public void after(Call call) {
    long now = System.nanoTime();
    times.computeIfAbsent(call, _ -> new Times()).add(now - started);
  }

  /** Forgets what was measured. */
  public void reset() {
    times.clear();
  }

  /** One row per call, the longest first. */
  public List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    times.forEach((call, t) -> rows.add(row(call, t)));
    return longestFirst(rows);
  }

  /**
   * Rows of calls of the same kernel joined, as the repeated layers of a model are, and rows of
   * collectives of the same op and size.
   */
  public List<Row> kernels() {
    Map<Object, Row> joined = new LinkedHashMap<>();
    times.forEach((call, t) -> joined.merge(computed(call), row(call, t), Row::and));
    return longestFirst(new ArrayList<>(joined.values()));
  }

  /** A collective of so many bytes, which those of one op and size are joined by. */
  private record Transfer(Collective op, long bytes) {}

  /** The work of a call, apart from the arrays that it works on: a key to join calls by. */
  private static Object computed(Call call) {
    return switch (call) {
      case KernelCall k -> k.kernel();
      case CollectiveCall c ->
          new Transfer(c.op(), c.from().stream().mapToLong(s -> s.type().bytes()).sum());
    };
  }

  private Row row(Call call, Times t) {
    String kernel =
        switch (call) {
          case KernelCall k -> plan.kernels().get(k.kernel()).name();
          case CollectiveCall c -> c.op().name();
        };
    Cost cost = costs.call(call);
    return new Row(call.label(), call.origin(), kernel, t.count, t.count * t.median(), cost);
  }

  private static List<Row> longestFirst(List<Row> rows) {
    rows.sort(Comparator.comparingLong(Row::nanos).reversed());
    return rows;
  }
}
