package dev.lgc.compiler.plan;

import dev.lgc.compiler.memory.Lifetime;
import dev.lgc.compiler.memory.Placement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The values in a step's WORK arena and their lifetimes, worked out from its calls.
 *
 * @param values in order of their first call
 * @param calls per call and slot, the number of the value that is there, -1 outside of WORK
 * @param lowerBound most bytes alive at one call, gradients among them
 */
public record MemoryMap(Step step, List<Value> values, List<List<Integer>> calls, long lowerBound) {
  /** An intermediate value: its place, the calls it lives from and to, and what computes it. */
  public record Value(Slot slot, int first, int last, String label) {}

  public static MemoryMap of(ExecutionPlan plan, Step step) {
    Map<Long, Integer> current = new HashMap<>();
    List<Value> values = new ArrayList<>();
    List<List<Integer>> calls = new ArrayList<>();
    for (int i = 0; i < step.calls().size(); i++) {
      Call c = step.calls().get(i);
      List<Integer> operands = new ArrayList<>();
      for (int b = 0; b < c.slots().size(); b++) {
        Slot s = c.slots().get(b);
        if (s.arena() != Arena.WORK) {
          operands.add(-1);
          continue;
        }
        Integer v = current.get(s.offset());
        // A call that also reads what it stores here stores it first: nothing is changed in
        // place.
        boolean begins = v == null || plan.writes(c, b);
        if (begins) {
          current.put(s.offset(), values.size());
          values.add(new Value(s, i, i, c.label()));
        } else {
          Value old = values.get(v);
          values.set(v, new Value(old.slot(), old.first(), i, old.label()));
        }
        operands.add(current.get(s.offset()));
      }
      calls.add(List.copyOf(operands));
    }
    List<Lifetime> lives = gradients(plan, step);
    for (Value v : values) {
      lives.add(new Lifetime(v.slot().type().bytes(), v.first(), v.last()));
    }
    return new MemoryMap(
        step, List.copyOf(values), List.copyOf(calls), Placement.lowerBound(lives));
  }

  /** Gradients are alive from the call that writes them, or always. */
  private static List<Lifetime> gradients(ExecutionPlan plan, Step step) {
    Map<Long, Integer> from = new HashMap<>();
    for (int i = 0; i < step.calls().size(); i++) {
      Call c = step.calls().get(i);
      for (int b = 0; b < c.slots().size(); b++) {
        if (c.slots().get(b).arena() == Arena.GRADIENTS) {
          from.putIfAbsent(c.slots().get(b).offset(), plan.writes(c, b) ? i : 0);
        }
      }
    }
    List<Lifetime> lives = new ArrayList<>();
    for (StoredTensor t : plan.storage()) {
      if (t.slot().arena() == Arena.GRADIENTS) {
        int first = from.getOrDefault(t.slot().offset(), 0);
        int last = Math.max(first, step.calls().size() - 1);
        lives.add(new Lifetime(t.slot().type().bytes(), first, last));
      }
    }
    return lives;
  }

  /** Share of the arena that is lost between values at the busiest call. */
  public double fragmentation() {
    return step.workBytes() == 0 ? 0 : 1 - (double) lowerBound / step.workBytes();
  }
}
