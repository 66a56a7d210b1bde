package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.dsl.text.Text;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A plan's memory as text: the arenas, then what is where in them. */
public final class MemoryDump {
  private MemoryDump() {}

  /** The text. */
  public static String of(ExecutionPlan plan) {
    StringBuilder s = new StringBuilder();
    for (Arena a : Arena.values()) {
      s.append(Text.format("arena %-10s %,15d bytes%n", name(a), plan.bytes(a)));
    }
    s.append("\nstored\n");
    for (StoredTensor t : plan.storage()) {
      s.append(Text.format("  %s %s%n", place(t.slot()), t.name()));
    }
    for (Step step : plan.steps().values()) {
      s.append(Text.format("\nstep %s: %,d bytes of work%n", step.name(), step.workBytes()));
      step.inputs().forEach((n, slot) -> s.append(Text.format("  %s input %s%n", place(slot), n)));
      step.outputs()
          .forEach((n, slot) -> s.append(Text.format("  %s output %s%n", place(slot), n)));
      TreeMap<Long, Set<String>> work = new TreeMap<>();
      step.calls().stream()
          .flatMap(c -> c.slots().stream())
          .filter(x -> x.arena() == Arena.WORK)
          .forEach(x -> work.computeIfAbsent(x.offset(), _ -> new TreeSet<>()).add("" + x.type()));
      work.forEach(
          (at, types) -> s.append(Text.format("  work %,15d %s%n", at, String.join(" | ", types))));
    }
    return s.toString();
  }

  private static String place(Slot s) {
    return Text.format("%-10s %,15d %-24s", name(s.arena()), s.offset(), s.type());
  }

  private static String name(Arena a) {
    return a.name().toLowerCase(Locale.ROOT);
  }
}
