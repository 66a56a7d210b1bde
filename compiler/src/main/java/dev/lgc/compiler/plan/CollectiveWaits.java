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
    List<Running> running = new ArrayList<>();
    for (int i = 0; i < step.calls().size(); i++) {
      Call call = step.calls().get(i);
      List<Span> slots = spans(call.slots());
      List<Integer> complete = new ArrayList<>();
      running.removeIf(
          r -> {
            boolean isOver = r.conflicts(plan, call, slots);
            if (isOver) {
              complete.add(r.number);
            }
            return isOver;
          });
      before.add(complete);
      if (call instanceof CollectiveCall c) {
        running.add(new Running(i, spans(c.from()), spans(c.to())));
      }
    }
    return new CollectiveWaits(before, running.stream().map(Running::number).toList());
  }

  /** The bytes of a slot. There are many collectives and calls to compare. */
  private record Span(Arena arena, long from, long to) {
    boolean overlaps(Span o) {
      return from < o.to && o.from < to && arena == o.arena;
    }
  }

  private static List<Span> spans(List<Slot> slots) {
    return slots.stream()
        .map(s -> new Span(s.region(), s.offset(), s.offset() + s.type().bytes()))
        .toList();
  }

  /** A collective that may not be complete yet. */
  private record Running(int number, List<Span> from, List<Span> to) {
    boolean conflicts(ExecutionPlan plan, Call call, List<Span> slots) {
      for (int s = 0; s < slots.size(); s++) {
        if (isIn(slots.get(s), to) || isIn(slots.get(s), from) && plan.writes(call, s)) {
          return true;
        }
      }
      return false;
    }

    private static boolean isIn(Span slot, List<Span> spans) {
      for (int i = 0; i < spans.size(); i++) {
        if (slot.overlaps(spans.get(i))) {
          return true;
        }
      }
      return false;
    }
  }
}
