package dev.lgc.compiler.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * The collectives of a step that must be complete before each of its calls: a collective runs
 * beside the calls that follow it until one touches what it writes, or writes what it reads. What
 * is left is complete when the step ends.
 *
 * <pre>
 * 0  #4(… -> work@0)
 * 1  allreduce(work@0 -> gradients@0)
 * 2  #5(work@512 -> work@1024)              beside call 1
 * 3  #6(work@1024 -> work@0)                before: 1
 * </pre>
 *
 * @param before for each call the numbers of the collectives it waits for, ascending
 * @param atEnd numbers of those that the end of the step waits for
 */
public record CollectiveWaits(List<List<Integer>> before, List<Integer> atEnd) {
  public CollectiveWaits {
    before = before.stream().map(List::copyOf).toList();
    atEnd = List.copyOf(atEnd);
  }

  /** Of a step. */
  public static CollectiveWaits of(ExecutionPlan plan, Step step) {
    List<List<Integer>> before = new ArrayList<>();
    List<Integer> running = new ArrayList<>();
    for (int i = 0; i < step.calls().size(); i++) {
      Call call = step.calls().get(i);
      List<Integer> complete = new ArrayList<>();
      for (int r : running) {
        if (conflict(plan, (CollectiveCall) step.calls().get(r), call)) {
          complete.add(r);
        }
      }
      running.removeAll(complete);
      before.add(complete);
      if (call instanceof CollectiveCall) {
        running.add(i);
      }
    }
    return new CollectiveWaits(before, running);
  }

  private static boolean conflict(ExecutionPlan plan, CollectiveCall running, Call call) {
    for (int s = 0; s < call.slots().size(); s++) {
      Slot slot = call.slots().get(s);
      boolean written = plan.writes(call, s);
      if (running.to().stream().anyMatch(slot::overlaps)
          || written && running.from().stream().anyMatch(slot::overlaps)) {
        return true;
      }
    }
    return false;
  }
}
