package dev.lgc.runtime.simulate;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
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

/**
 * A step of training as activities: the calls of a plan with their times. One simulation can play
 * the step on several networks.
 */
final class StepSimulation {
  private final List<Part> parts = new ArrayList<>();

  /**
   * A simulation.
   *
   * @param order the steps of the plan, in order
   * @param on limits of the rank's device
   */
  StepSimulation(PlanCost costs, List<Step> order, MachineLimits.Known on) {
    Map<String, Part> made = new HashMap<>();
    for (Step step : order) {
      parts.add(made.computeIfAbsent(step.name(), _ -> part(costs, step, on)));
    }
  }

  /**
   * A step of the plan.
   *
   * @param seconds of each of its calls that is of a kernel
   */
  private record Part(Step step, CollectiveWaits waits, List<Double> seconds) {}

  private static Part part(PlanCost costs, Step step, MachineLimits.Known on) {
    List<Double> seconds =
        step.calls().stream()
            .map(c -> c instanceof KernelCall ? seconds(costs.call(c), on) : 0.0)
            .toList();
    return new Part(step, CollectiveWaits.of(costs.plan(), step), seconds);
  }

  private static double seconds(Cost kernel, MachineLimits.Known on) {
    return on.efficiency()
        .map(e -> e.seconds(kernel, on.limits()))
        .orElseGet(() -> on.limits().seconds(kernel));
  }

  /**
   * A collective of the step.
   *
   * @param activity its number
   * @param bytes of its operands; of an all-gather, of its result
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

    /** Messages that a rank sends. */
    long messages() {
      return exchanges.stream().mapToLong(e -> e.time().messages()).sum();
    }
  }

  /**
   * Plays the step on one of the ranks, which all do the same.
   *
   * @param scaling the ranks of the plan and those of the network
   */
  Played play(Network network, GroupScaling scaling) {
    return new Play(network, scaling).played();
  }

  /** The step on its way. */
  private final class Play {
    private final Network network;
    private final GroupScaling scaling;
    private final List<Activity> activities = new ArrayList<>();
    private final List<Exchange> exchanges = new ArrayList<>();

    Play(Network network, GroupScaling scaling) {
      this.network = network;
      this.scaling = scaling;
    }

    Played played() {
      List<Integer> last = List.of();
      for (Part part : parts) {
        last = add(part, last);
      }
      return new Played(Timeline.of(activities, last), exchanges);
    }

    /**
     * Adds a step's calls.
     *
     * @param before collectives that must be complete before the step begins
     * @return those that must be before it ends
     */
    private List<Integer> add(Part part, List<Integer> before) {
      Step step = part.step();
      int first = activities.size();
      for (int i = 0; i < step.calls().size(); i++) {
        List<Integer> after = new ArrayList<>(i == 0 ? before : List.of());
        part.waits().before().get(i).forEach(c -> after.add(first + c));
        switch (step.calls().get(i)) {
          case KernelCall k ->
              activities.add(
                  Activity.kernel(step.name(), module(k.origin()), part.seconds().get(i), after));
          case CollectiveCall c -> add(step, c, after);
        }
      }
      return step.calls().isEmpty()
          ? before
          : part.waits().atEnd().stream().map(c -> first + c).toList();
    }

    private void add(Step step, CollectiveCall c, List<Integer> after) {
      Collective op = scaling.op(c.op());
      List<Long> tensors = scaling.bytes(op, c.from().stream().map(s -> s.type().bytes()).toList());
      long bytes = whole(op, tensors);
      int n = activities.size();
      Network.Time time = network.time(op, tensors, c.widening());
      long sent = network.sent(op, tensors, c.widening());
      exchanges.add(new Exchange(n, op, tensors.size(), bytes, sent, time));
      activities.add(
          Activity.collective(
              step.name(), name(op) + " of " + Table.bytes(bytes), time.seconds(), after));
    }
  }

  /** A collective's name for people. */
  static String name(Collective op) {
    return switch (op) {
      case AllGather _ -> "all-gather";
      case AllReduce _ -> "all-reduce";
      case ReduceScatter _ -> "reduce-scatter";
    };
  }

  /** Bytes of what a collective computes on, whole: of an all-gather those of its result. */
  private static long whole(Collective op, List<Long> tensors) {
    long operands = tensors.stream().mapToLong(Long::longValue).sum();
    return op instanceof AllGather ? operands * op.group().size() : operands;
  }

  /** The module that a kernel is of, to two parts of its path, and its derivation. */
  private static String module(Origin origin) {
    String[] parts = origin.module().split("\\.", 3);
    String two = parts.length > 1 ? parts[0] + "." + parts[1] : parts[0];
    String name = two.isEmpty() ? "model" : two;
    return origin.derivation().isEmpty() ? name : name + " " + origin.derivation();
  }
}
