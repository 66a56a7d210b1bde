package dev.lgc.compiler.plan;

import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Runs a plan on several ranks, call by call, on the kernel interpreter. A collective is computed
 * where the plan has it, or at the last moment: where the plan waits for it.
 */
final class RanksMachine implements AutoCloseable {
  private final ExecutionPlan plan;
  private final List<PlanMachine> ranks;
  private final boolean late;

  RanksMachine(ExecutionPlan plan, int ranks, boolean late) {
    this.plan = plan;
    this.ranks = IntStream.range(0, ranks).mapToObj(r -> new PlanMachine(plan, false)).toList();
    this.late = late;
  }

  /** The memory of a rank. */
  PlanArenas memory(int rank) {
    return ranks.get(rank).arenas;
  }

  /** Outputs, and what is stored afterwards, of each rank. */
  List<Map<String, double[]>> run(
      String name, List<Map<String, double[]>> inputs, List<Map<String, double[]>> stored) {
    Step step = plan.step(name);
    for (int r = 0; r < ranks.size(); r++) {
      int rank = r;
      step.inputs().forEach((key, slot) -> memory(rank).write(slot, inputs.get(rank).get(key)));
      plan.storage().forEach(t -> memory(rank).write(t.slot(), stored.get(rank).get(t.name())));
    }
    run(step);
    List<Map<String, double[]>> results = new ArrayList<>();
    for (PlanMachine m : ranks) {
      Map<String, double[]> of = new LinkedHashMap<>();
      step.outputs().forEach((key, slot) -> of.put(key, m.read(slot)));
      plan.storage().forEach(t -> of.put(t.name(), m.read(t.slot())));
      results.add(of);
    }
    return results;
  }

  private void run(Step step) {
    CollectiveWaits waits = CollectiveWaits.of(plan, step);
    for (int i = 0; i < step.calls().size(); i++) {
      if (late) {
        waits.before().get(i).forEach(c -> run((CollectiveCall) step.calls().get(c)));
      }
      switch (step.calls().get(i)) {
        case KernelCall k -> ranks.forEach(m -> m.run(k));
        case CollectiveCall c -> {
          if (!late) {
            run(c);
          }
        }
      }
    }
    if (late) {
      waits.atEnd().forEach(c -> run((CollectiveCall) step.calls().get(c)));
    }
  }

  private void run(CollectiveCall c) {
    RankGroup group = c.op().group();
    for (int i = 0; i < c.from().size(); i++) {
      int tensor = i;
      List<double[]> operands = ranks.stream().map(m -> m.read(c.from().get(tensor))).toList();
      for (int r = 0; r < ranks.size(); r++) {
        List<double[]> of = group.ranks(r).stream().map(operands::get).toList();
        double[] result =
            switch (c.op()) {
              case AllGather _ -> of.stream().flatMapToDouble(Arrays::stream).toArray();
              case AllReduce _ -> sum(of);
              case ReduceScatter _ -> {
                double[] sum = sum(of);
                int n = sum.length / group.size();
                int from = group.place(r) * n;
                yield Arrays.copyOfRange(sum, from, from + n);
              }
            };
        ranks.get(r).write(c.to().get(tensor), result);
      }
    }
  }

  /** In a tree over neighbours, level by level. */
  private static double[] sum(List<double[]> terms) {
    List<double[]> level = new ArrayList<>(terms);
    while (level.size() > 1) {
      List<double[]> next = new ArrayList<>();
      for (int i = 0; i < level.size(); i += 2) {
        double[] a = level.get(i);
        double[] b = level.get(i + 1);
        double[] sum = new double[a.length];
        Arrays.setAll(sum, k -> (float) a[k] + (float) b[k]);
        next.add(sum);
      }
      level = next;
    }
    return level.getFirst();
  }

  @Override
  public void close() {
    ranks.forEach(PlanMachine::close);
  }
}
