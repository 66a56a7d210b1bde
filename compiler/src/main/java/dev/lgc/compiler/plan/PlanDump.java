package dev.lgc.compiler.plan;

import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.kernel.KernelDump;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.text.Text;
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
      s.append(Text.format("step %s: %d calls%n", step.name(), step.calls().size()));
      step.inputs().forEach((n, slot) -> s.append(Text.format("  input %s: %s%n", n, slot(slot))));
      for (Call c : step.calls()) {
        s.append("  ").append(called(c)).append('(');
        for (int i = 0; i < c.slots().size(); i++) {
          s.append(i == 0 ? "" : ", ")
              .append(plan.writes(c, i) ? "-> " : "")
              .append(slot(c.slots().get(i)));
        }
        s.append(")  ").append(c.label());
        if (!c.origin().where().equals(SourcePlace.NONE)) {
          s.append("  ").append(c.origin().where());
        }
        s.append('\n');
      }
      step.outputs()
          .forEach((n, slot) -> s.append(Text.format("  output %s: %s%n", n, slot(slot))));
    }
    return s.toString();
  }

  private static String called(Call call) {
    return switch (call) {
      case KernelCall k -> "#" + k.kernel();
      case CollectiveCall c -> GraphDump.op(c.op());
    };
  }

  /**
   * The arenas, what they hold all the time, and every step's intermediate values with their lives.
   */
  public static String memory(ExecutionPlan plan) {
    StringBuilder s = new StringBuilder();
    for (Arena a : Arena.values()) {
      s.append(Text.format("%-10s %15d bytes%n", a, plan.bytes(a)));
    }
    for (StoredTensor t : plan.storage()) {
      s.append(Text.format("  %s: %s%n", t.name(), slot(t.slot())));
    }
    for (Step step : plan.steps().values()) {
      MemoryMap map = MemoryMap.of(plan, step);
      s.append(
          Text.format(
              "step %s: %d bytes of work, at least %d needed, %.1f %% lost%n",
              step.name(), step.workBytes(), map.lowerBound(), 100 * map.fragmentation()));
      for (MemoryMap.Value v : map.values()) {
        s.append(
            Text.format(
                "  %s: calls %d to %d  %s%n", slot(v.slot()), v.first(), v.last(), v.label()));
      }
    }
    return s.toString();
  }

  private static String slot(Slot s) {
    return s.arena().name().toLowerCase(Locale.ROOT) + "@" + s.offset() + " " + s.type();
  }
}
