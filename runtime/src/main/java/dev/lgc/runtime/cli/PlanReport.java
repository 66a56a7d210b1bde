package dev.lgc.runtime.cli;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.cost.Limits;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.Rematerialise;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.io.BadInputException;
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
 * @param again what of all steps is spent on computing again what was not kept
 * @param plan the plan
 * @param cacheBytes of its memory, keys and values of earlier positions
 * @param whole a step of training, or a batch of samples: its name and least time
 */
record PlanReport(
    String purpose,
    List<StepCost> steps,
    Cost again,
    ExecutionPlan plan,
    long cacheBytes,
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

  /**
   * Plans {@code model} for several purposes, side by side; none for what asks for nothing.
   *
   * @param memory bytes that training may take
   * @throws BadInputException if it takes more
   */
  static List<PlanReport> of(
      CheckedModel model, List<List<Request>> wanted, long memory, Limits limits) {
    List<List<Request>> some = wanted.stream().filter(r -> !r.isEmpty()).toList();
    List<ExecutionPlan> plans = MemoryOption.plans(model, some, memory);
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
    return new PlanReport(purpose, steps, again(costs), plan, cache, whole(model, steps));
  }

  private static Cost again(PlanCost costs) {
    Cost sum = Cost.NONE;
    for (Step s : costs.plan().steps().values()) {
      if (s.name().endsWith(".gradients")) {
        sum = sum.plus(costs.calls(s, c -> c.origin().derivation().equals(Rematerialise.AGAIN)));
      }
    }
    return sum;
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

  /** The peak of a process that runs the steps. */
  long processBytes() {
    return plan.totalBytes() + JVM_BYTES + plan.kernels().size() * KERNEL_BYTES;
  }

  /** For people. */
  String text() {
    StringBuilder s = new StringBuilder(purpose).append('\n');
    Table t = new Table().row("step", "operations", "moved", "kernels", "least time");
    for (StepCost c : steps) {
      row(t, c.name(), c.cost(), c.seconds());
    }
    whole.ifPresent(w -> row(t, w.name(), w.cost(), w.seconds()));
    if (again.launches() > 0) {
      t.row(
          "of it to save memory",
          Table.operations(again.operations()),
          Table.bytes(again.bytes()),
          String.valueOf(again.launches()),
          "");
    }
    s.append(t.text(2));
    Table m = new Table();
    for (Arena a : Arena.values()) {
      long bytes = plan.arenaBytes().getOrDefault(a, 0L);
      if (a != Arena.GRADIENTS || bytes > 0) {
        m.row(a.name().toLowerCase(Locale.ROOT), Table.bytes(bytes), what(a));
      }
    }
    m.row("memory in all", Table.bytes(plan.totalBytes()), "");
    m.row("process, about", Table.bytes(processBytes()), "with the JVM and compiled kernels");
    return s.append(m.text(2)).toString();
  }

  private String what(Arena a) {
    return switch (a) {
      case PARAMETERS -> "parameters and buffers";
      case STATE -> cacheBytes > 0 ? "keys and values of earlier positions" : "moments, averages";
      case GRADIENTS -> "gradients: the beginning of work";
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
    m.put("again_operations", again.operations());
    m.put("again_bytes", again.bytes());
    Map<String, Long> bytes = new LinkedHashMap<>();
    plan.arenaBytes().forEach((a, n) -> bytes.put(a.name().toLowerCase(Locale.ROOT), n));
    m.put("arena_bytes", bytes);
    m.put("cache_bytes", cacheBytes);
    m.put("total_bytes", plan.totalBytes());
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
