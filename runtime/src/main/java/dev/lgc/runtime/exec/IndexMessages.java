package dev.lgc.runtime.exec;

import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Messages for indexes that a call found outside of a tensor: which tensor, and what it has. */
public final class IndexMessages {
  private final ExecutionPlan plan;
  private final Step step;
  private final KernelCall call;

  public IndexMessages(ExecutionPlan plan, Step step, KernelCall call) {
    this.plan = plan;
    this.step = step;
    this.call = call;
  }

  /** Of an index outside of an axis. */
  public String axis(long index, long extent) {
    Optional<Slot> slot = indexed((int) extent);
    String name = slot.map(this::nameOf).orElse(UNNAMED);
    List<Integer> dims = slot.map(s -> s.type().shape().dims()).orElse(List.of());
    if (!dims.isEmpty() && dims.getFirst() == extent) {
      return Text.format("index %d is outside of %s, which has %d rows", index, name, extent);
    }
    return Text.format(
        "index %d is outside of an axis of %s, where 0 … %d are possible", index, name, extent - 1);
  }

  /** Of a linear index outside of a buffer of the kernel. */
  public String buffer(int buffer, long index, long elements) {
    Slot slot = call.slots().get(buffer);
    List<Integer> dims = slot.type().shape().dims();
    long row = dims.isEmpty() ? 1 : elements / dims.getFirst();
    return Text.format(
        "index %d is outside of %s, which has %d rows (element %d of %s)",
        Math.floorDiv(index, row),
        nameOf(slot),
        dims.isEmpty() ? 1 : dims.getFirst(),
        index,
        slot.type());
  }

  private static final String UNNAMED = "a tensor";

  /**
   * The tensor with a name that the call reads or writes at an index which it checks against an
   * extent.
   */
  private Optional<Slot> indexed(int extent) {
    Kernel kernel = plan.kernels().get(call.kernel());
    List<Slot> slots = new ArrayList<>();
    for (Stage s : kernel.stages()) {
      Expressions.loadsOf(s.value()).stream()
          .filter(l -> l.index().stream().anyMatch(i -> Expressions.isChecked(i, extent)))
          .forEach(l -> slots.add(call.slots().get(l.operand())));
      if (s.target() instanceof Stage.Target.Store t && Expressions.isChecked(t.index(), extent)) {
        slots.add(call.slots().get(t.buffer()));
      }
    }
    return slots.stream()
        .filter(s -> !nameOf(s).equals(UNNAMED))
        .findFirst()
        .or(() -> slots.stream().findFirst());
  }

  private String nameOf(Slot slot) {
    for (StoredTensor t : plan.storage()) {
      if (t.slot().equals(slot)) {
        return t.name();
      }
    }
    for (Map<String, Slot> named : List.of(step.inputs(), step.outputs())) {
      for (Map.Entry<String, Slot> e : named.entrySet()) {
        if (e.getValue().equals(slot)) {
          return e.getKey();
        }
      }
    }
    return UNNAMED;
  }
}
