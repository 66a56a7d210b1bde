package dev.lgc.runtime.simulate;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.compiler.plan.CollectiveCall;
import dev.lgc.compiler.plan.CollectiveWaits;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Step;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.report.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A step of training as activities: the calls of a plan with their times. */
final class StepSimulation {
  private final PlanCost costs;
  private final MachineLimits.Known on;
  private final Network network;
  private final int alike;
  private final Map<String, CollectiveWaits> waits = new HashMap<>();
  private final List<Activity> activities = new ArrayList<>();
  private final Map<Integer, Exchange> exchanges = new HashMap<>();

  private StepSimulation(PlanCost costs, MachineLimits.Known on, Network network, int alike) {
    this.costs = costs;
    this.on = on;
    this.network = network;
    this.alike = alike;
  }

  /**
   * A collective of the step.
   *
   * @param activity its number
   * @param bytes of its operands
   * @param sent bytes that a rank sends, and gets
   * @param time that it takes
   */
  record Exchange(
      int activity, Collective op, int tensors, long bytes, long sent, Network.Time time) {}

  /** The played step, with its collectives in order. */
  record Played(Timeline timeline, List<Exchange> exchanges) {
    long sent() {
      return exchanges.stream().mapToLong(Exchange::sent).sum();
    }
  }

  /**
   * Plays a step on one of the ranks, which are alike.
   *
   * @param order the steps of the plan, in order
   * @param on limits of the rank's device
   * @param alike as many ranks of the network stand for one of the plan: groups are so much larger
   */
  static Played play(
      PlanCost costs, List<Step> order, MachineLimits.Known on, Network network, int alike) {
    StepSimulation s = new StepSimulation(costs, on, network, alike);
    List<Integer> last = List.of();
    for (Step step : order) {
      last = s.add(step, last);
    }
    Timeline timeline = Timeline.of(s.activities, last);
    List<Exchange> all = new ArrayList<>();
    for (int i = 0; i < s.activities.size(); i++) {
      if (s.exchanges.containsKey(i)) {
        all.add(s.exchanges.get(i));
      }
    }
    return new Played(timeline, all);
  }

  /**
   * Adds a step's calls.
   *
   * @param before collectives that must be complete before the step begins
   * @return those that must be before it ends
   */
  private List<Integer> add(Step step, List<Integer> before) {
    CollectiveWaits w =
        waits.computeIfAbsent(step.name(), _ -> CollectiveWaits.of(costs.plan(), step));
    int first = activities.size();
    for (int i = 0; i < step.calls().size(); i++) {
      List<Integer> after = new ArrayList<>(i == 0 ? before : List.of());
      w.before().get(i).forEach(c -> after.add(first + c));
      switch (step.calls().get(i)) {
        case KernelCall k ->
            activities.add(
                Activity.kernel(step.name(), module(k.origin()), seconds(costs.call(k)), after));
        case CollectiveCall c -> add(step, c, after);
      }
    }
    return step.calls().isEmpty() ? before : w.atEnd().stream().map(c -> first + c).toList();
  }

  private void add(Step step, CollectiveCall c, List<Integer> after) {
    Collective op = onAll(c.op());
    List<Long> tensors = c.from().stream().map(s -> s.type().bytes()).toList();
    int n = activities.size();
    Network.Time time = network.time(op, tensors);
    long sent = network.sent(op, tensors);
    exchanges.put(n, new Exchange(n, op, tensors.size(), c.bytes(), sent, time));
    activities.add(
        Activity.collective(
            step.name(), name(op) + " of " + Table.bytes(c.bytes()), time.seconds(), after));
  }

  /** A collective's name for people. */
  static String name(Collective op) {
    return switch (op) {
      case AllGather _ -> "all-gather";
      case AllReduce _ -> "all-reduce";
      case ReduceScatter _ -> "reduce-scatter";
    };
  }

  private double seconds(Cost kernel) {
    return on.efficiency()
        .map(e -> e.seconds(kernel, on.limits()))
        .orElseGet(() -> on.limits().seconds(kernel));
  }

  /**
   * The collective over as many ranks as there are: in the plan few stand for all. Operands of a
   * sum over ranks do not depend on how many there are; groups that hold something together are
   * whole in a plan.
   */
  private Collective onAll(Collective op) {
    RankGroup group = op.group();
    return switch (op) {
      case AllReduce _ -> new AllReduce(new RankGroup(group.size() * alike, group.stride()));
      case AllGather _, ReduceScatter _ -> op;
    };
  }

  /** The module that a kernel is of, to two parts of its path, and its derivation. */
  private static String module(Origin origin) {
    String[] parts = origin.module().split("\\.", 3);
    String two = parts.length > 1 ? parts[0] + "." + parts[1] : parts[0];
    String name = two.isEmpty() ? "model" : two;
    return origin.derivation().isEmpty() ? name : name + " " + origin.derivation();
  }
}
