package dev.lgc.compiler.plan;

import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.KernelDump;
import dev.lgc.dsl.model.SourcePlace;
import java.util.Locale;

/** A plan's stages as text, for {@code --dump} and golden files. */
public final class PlanDump {
  private PlanDump() {}

  /** Every distinct kernel, numbered. */
  public static String kernels(ExecutionPlan plan) {
    StringBuilder s = new StringBuilder();
    for (int i = 0; i < plan.kernels().size(); i++) {
      s.append('#').append(i).append(' ').append(KernelDump.dump(plan.kernels().get(i)));
    }
    return s.toString();
  }

  /** Every step's calls in order: what was fused, with which kernel, where its operands are. */
  public static String fused(ExecutionPlan plan) {
    StringBuilder s = new StringBuilder();
    for (Step step : plan.steps().values()) {
      s.append("step %s: %d calls%n".formatted(step.name(), step.calls().size()));
      step.inputs().forEach((n, slot) -> s.append("  input %s: %s%n".formatted(n, slot(slot))));
      for (KernelCall c : step.calls()) {
        s.append("  #").append(c.kernel()).append('(');
        for (int i = 0; i < c.slots().size(); i++) {
          Buffer b = plan.kernels().get(c.kernel()).buffers().get(i);
          s.append(i == 0 ? "" : ", ")
              .append(b.access() == Buffer.Access.READ ? "" : "-> ")
              .append(slot(c.slots().get(i)));
        }
        s.append(")  ").append(c.label());
        if (!c.origin().where().equals(SourcePlace.NONE)) {
          s.append("  ").append(c.origin().where());
        }
        s.append('\n');
      }
      step.outputs().forEach((n, slot) -> s.append("  output %s: %s%n".formatted(n, slot(slot))));
    }
    return s.toString();
  }

  /**
   * The arenas, what they hold all the time, and every step's intermediate values with their lives.
   */
  public static String memory(ExecutionPlan plan) {
    StringBuilder s = new StringBuilder();
    for (Arena a : Arena.values()) {
      s.append("%-10s %15d bytes%n".formatted(a, plan.bytes(a)));
    }
    for (StoredTensor t : plan.storage()) {
      s.append("  %s: %s%n".formatted(t.key(), slot(t.slot())));
    }
    for (Step step : plan.steps().values()) {
      MemoryMap map = MemoryMap.of(plan, step);
      s.append(
          "step %s: %d bytes of work, at least %d needed, %.1f %% lost%n"
              .formatted(
                  step.name(), step.workBytes(), map.lowerBound(), 100 * map.fragmentation()));
      for (MemoryMap.Value v : map.values()) {
        s.append(
            "  %s: calls %d to %d  %s%n".formatted(slot(v.slot()), v.first(), v.last(), v.label()));
      }
    }
    return s.toString();
  }

  private static String slot(Slot s) {
    return s.arena().name().toLowerCase(Locale.ROOT) + "@" + s.offset() + " " + s.type();
  }
}
