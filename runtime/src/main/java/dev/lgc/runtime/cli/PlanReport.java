package dev.lgc.runtime.cli;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.cost.Limits;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.model.Models;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a model costs to train or to use, without a byte of it allocated.
 *
 * @param purpose {@code training} or {@code using}
 * @param steps what each step takes
 * @param arenas bytes of each
 * @param cacheBytes of these, keys and values of earlier positions
 * @param kernels distinct ones
 * @param whole a step of training, or a batch of samples: its name and least time
 */
record PlanReport(
    String purpose,
    List<StepCost> steps,
    Map<Arena, Long> arenas,
    long cacheBytes,
    int kernels,
    Optional<Whole> whole) {
  /**
   * What the process takes beside the arenas: the JVM, and for each kernel its code and what the
   * JVM's compiler knows of it. Measured on Linux (docs/performance.md): within 5 % of the peak.
   */
  private static final long JVM_BYTES = 154L << 20;

  private static final long KERNEL_BYTES = 566_000;

  /** A step: its cost, and the least time it takes. */
  record StepCost(String name, Cost cost, double seconds) {}

  /** Several steps together. */
  record Whole(String name, Cost cost, double seconds) {}

  /** Plans {@code model} for several purposes, side by side; none for what asks for nothing. */
  static List<PlanReport> of(CheckedModel model, List<List<Request>> wanted, Limits limits) {
    List<List<Request>> some = wanted.stream().filter(r -> !r.isEmpty()).toList();
    List<ExecutionPlan> plans = Models.plans(model, some);
    List<PlanReport> all = new ArrayList<>();
    for (int i = 0; i < plans.size(); i++) {
      boolean training = some.get(i).getFirst() instanceof Request.Initialise;
      all.add(of(training ? "training" : "using", model, plans.get(i), limits));
    }
    return all;
  }

  private static PlanReport of(
      String purpose, CheckedModel model, ExecutionPlan plan, Limits limits) {
    PlanCost costs = PlanCost.of(plan);
    List<StepCost> steps = new ArrayList<>();
    for (Step s : plan.steps().values()) {
      if (!s.name().equals("init")) {
        steps.add(new StepCost(s.name(), costs.step(s), costs.seconds(s, limits)));
      }
    }
    long cache =
        plan.storage().stream()
            .filter(t -> t.role() == StoredTensor.Role.CACHE)
            .mapToLong(t -> t.slot().type().bytes())
            .sum();
    return new PlanReport(
        purpose, steps, plan.arenaBytes(), cache, plan.kernels().size(), whole(model, steps));
  }

  /** A training step is all gradients and updates; a sample is a prefill and its steps. */
  static Optional<Whole> whole(CheckedModel model, List<StepCost> steps) {
    Cost cost = Cost.NONE;
    double seconds = 0;
    boolean training = false;
    for (StepCost s : steps) {
      if (s.name().endsWith(".gradients") || s.name().endsWith(".update")) {
        training = true;
        cost = cost.plus(s.cost());
        seconds += s.seconds();
      }
    }
    if (training) {
      return Optional.of(new Whole("one step of training", cost, seconds));
    }
    for (Entry e : model.entries(Entry.Kind.GENERATE)) {
      long n = e.generated() - 1L;
      for (StepCost s : steps) {
        if (s.name().startsWith(e.name() + ".")) {
          long times = s.name().endsWith(".step") ? n : 1;
          cost = cost.plus(s.cost().times(times));
          seconds += s.seconds() * times;
        }
      }
      return Optional.of(
          new Whole("drawing one batch of " + e.generated() + " codes", cost, seconds));
    }
    return Optional.empty();
  }

  long totalBytes() {
    return arenas.values().stream().mapToLong(Long::longValue).sum();
  }

  /** The peak of a process that runs the steps. */
  long processBytes() {
    return totalBytes() + JVM_BYTES + kernels * KERNEL_BYTES;
  }

  /** For people. */
  String text() {
    StringBuilder s = new StringBuilder(purpose).append('\n');
    Table t = new Table().row("step", "operations", "moved", "kernels", "least time");
    for (StepCost c : steps) {
      row(t, c.name(), c.cost(), c.seconds());
    }
    whole.ifPresent(w -> row(t, w.name(), w.cost(), w.seconds()));
    s.append(t.text(2));
    Table m = new Table();
    for (Arena a : Arena.values()) {
      m.row(a.name().toLowerCase(Locale.ROOT), Table.bytes(arenas.getOrDefault(a, 0L)), what(a));
    }
    m.row("memory in all", Table.bytes(totalBytes()), "");
    m.row("process, about", Table.bytes(processBytes()), "with the JVM and compiled kernels");
    return s.append(m.text(2)).toString();
  }

  private String what(Arena a) {
    return switch (a) {
      case PARAMETERS -> "parameters and buffers";
      case STATE ->
          cacheBytes > 0 ? "keys and values of earlier positions" : "gradients, moments, averages";
      case CONSTANTS -> "tables";
      case IO -> "inputs and outputs";
      case WORK -> "intermediate results";
    };
  }

  private static void row(Table t, String name, Cost c, double seconds) {
    t.row(
        name,
        Table.operations(c.operations()),
        Table.bytes(c.bytes()),
        String.valueOf(c.launches()),
        Table.seconds(seconds));
  }

  /** For scripts. */
  Map<String, Object> json() {
    Map<String, Object> m = new LinkedHashMap<>();
    List<Map<String, Object>> all = new ArrayList<>();
    for (StepCost s : steps) {
      all.add(json(s.name(), s.cost(), s.seconds()));
    }
    m.put("steps", all);
    whole.ifPresent(w -> m.put("whole", json(w.name(), w.cost(), w.seconds())));
    Map<String, Long> bytes = new LinkedHashMap<>();
    arenas.forEach((a, n) -> bytes.put(a.name().toLowerCase(Locale.ROOT), n));
    m.put("arena_bytes", bytes);
    m.put("cache_bytes", cacheBytes);
    m.put("total_bytes", totalBytes());
    m.put("process_bytes", processBytes());
    return m;
  }

  private static Map<String, Object> json(String name, Cost c, double seconds) {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("name", name);
    m.put("operations", c.operations());
    m.put("bytes", c.bytes());
    m.put("kernels", c.launches());
    m.put("least_seconds", seconds);
    return m;
  }
}
