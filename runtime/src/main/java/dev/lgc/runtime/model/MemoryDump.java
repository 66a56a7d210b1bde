package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
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
      s.append("arena %-10s %,15d bytes%n".formatted(name(a), plan.bytes(a)));
    }
    s.append("\nstored\n");
    for (StoredTensor t : plan.storage()) {
      s.append("  %s %s%n".formatted(place(t.slot()), t.key()));
    }
    for (Step step : plan.steps().values()) {
      s.append("\nstep %s: %,d bytes of work%n".formatted(step.name(), step.workBytes()));
      step.inputs().forEach((n, slot) -> s.append("  %s input %s%n".formatted(place(slot), n)));
      step.outputs().forEach((n, slot) -> s.append("  %s output %s%n".formatted(place(slot), n)));
      TreeMap<Long, Set<String>> work = new TreeMap<>();
      step.calls().stream()
          .flatMap(c -> c.slots().stream())
          .filter(x -> x.arena() == Arena.WORK)
          .forEach(x -> work.computeIfAbsent(x.offset(), _ -> new TreeSet<>()).add("" + x.type()));
      work.forEach(
          (at, types) -> s.append("  work %,15d %s%n".formatted(at, String.join(" | ", types))));
    }
    return s.toString();
  }

  private static String place(Slot s) {
    return "%-10s %,15d %-24s".formatted(name(s.arena()), s.offset(), s.type());
  }

  private static String name(Arena a) {
    return a.name().toLowerCase(Locale.ROOT);
  }
}
