package dev.lgc.runtime.estimate;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.pipeline.MemoryLimitException;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.Rematerialize;
import dev.lgc.compiler.rewrite.storage.CacheUse;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Scaled;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.measure.Workload;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryFit;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.model.ModelNeeds;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.train.BatchParts;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainMemory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * The cost of training or using a model, computed without allocating any of it.
 *
 * @param purpose {@code training} or {@code inference}
 * @param steps what each step takes
 * @param again what of all steps is spent on computing again what was not kept
 * @param plan the plan
 * @param need the memory of a process that runs the plan
 * @param caches bytes of its memory that hold something between the steps of a generator, by what
 *     they hold
 * @param uncached why a generator's steps compute the whole sequence for each code; mostly empty
 * @param workload a step of training, or a batch of samples
 */
public record PlanReport(
    String purpose,
    List<StepCost> steps,
    Cost again,
    ExecutionPlan plan,
    MemoryNeed need,
    Map<CacheUse, Long> caches,
    List<String> uncached,
    Optional<StepCost> workload) {
  /**
   * A step, or several together.
   *
   * @param least seconds that the device's limits allow
   * @param expected seconds to expect of lgc; empty where nothing is known of the device but limits
   */
  public record StepCost(String name, Cost cost, double least, OptionalDouble expected) {
    /** Seconds to expect, or the least where nothing more is known. */
    public double seconds() {
      return expected.orElse(least);
    }
  }

  /**
   * Plans {@code model} for several purposes, side by side; none for what asks for nothing.
   *
   * @param memory bytes that training may take
   * @throws BadInputException if it takes more
   */
  public static List<PlanReport> of(
      CheckedModel model, List<List<Request>> wanted, long memory, MachineLimits.Known on) {
    List<List<Request>> some = wanted.stream().filter(r -> !r.isEmpty()).toList();
    List<ExecutionPlan> plans = plans(model, some, memory);
    List<PlanReport> all = new ArrayList<>();
    for (int i = 0; i < plans.size(); i++) {
      boolean training = some.get(i).getFirst() instanceof Request.Initialise;
      ExecutionPlan plan = plans.get(i);
      all.add(
          of(
              training ? "training" : "inference",
              model,
              plan,
              MemoryNeed.of(List.of(plan)),
              BatchParts.ONE,
              on));
    }
    return all;
  }

  /**
   * Plans {@code model} for several purposes.
   *
   * @param memory bytes that the tensors of training may take
   * @throws BadInputException if they take more
   */
  public static List<ExecutionPlan> plans(
      CheckedModel model, List<List<Request>> purposes, long memory) {
    try {
      return Models.plans(model, purposes, memory);
    } catch (MemoryLimitException e) {
      throw new BadInputException(
          "training " + model.name() + " does not fit into " + Table.bytes(e.limit()),
          "--memory of at least " + Scaled.bytesUp(e.least()),
          "a smaller --batch takes less");
    }
  }

  /** The cost of a run, with all that it asks of its plan. */
  public static PlanReport ofRun(TrainJob job, MachineLimits.Known on) {
    return of("training", job.model(), job.plan(), TrainMemory.need(job), job.parts(), on);
  }

  private static PlanReport of(
      String purpose,
      CheckedModel model,
      ExecutionPlan plan,
      MemoryNeed need,
      BatchParts parts,
      MachineLimits.Known on) {
    PlanCost costs = PlanCost.of(plan);
    Map<String, StepCost> steps = new LinkedHashMap<>();
    for (Step s : plan.steps().values()) {
      if (!s.id().equals(StepId.INITIALISE)) {
        steps.put(
            s.name(),
            new StepCost(
                s.name(), costs.step(s), costs.seconds(s, on.limits()), on.expected(costs, s)));
      }
    }
    Optional<StepCost> workload =
        Workload.of(
                model,
                plan.steps().values().stream().map(Step::id).toList(),
                parts.perRank() * parts.micros(),
                parts.perRank())
            .map(
                w ->
                    new StepCost(
                        w.name(),
                        w.cost(s -> steps.get(s).cost()),
                        w.seconds(s -> steps.get(s).least()),
                        on.efficiency().stream()
                            .mapToDouble(_ -> w.seconds(s -> steps.get(s).expected().orElseThrow()))
                            .findFirst()));
    Map<CacheUse, Long> caches = new EnumMap<>(CacheUse.class);
    plan.storage()
        .forEach(
            t ->
                t.id()
                    .cache()
                    .ifPresent(use -> caches.merge(use, t.slot().type().bytes(), Long::sum)));
    return new PlanReport(
        purpose,
        List.copyOf(steps.values()),
        again(costs),
        plan,
        need,
        caches,
        caches.containsKey(CacheUse.CODES) ? ModelNeeds.uncached(model) : List.of(),
        workload);
  }

  private static Cost again(PlanCost costs) {
    Cost sum = Cost.NONE;
    for (Step s : costs.plan().steps().values()) {
      if (s.id().kind() == StepId.Kind.GRADIENTS) {
        sum = sum.plus(costs.calls(s, c -> c.origin().derivation().equals(Rematerialize.AGAIN)));
      }
    }
    return sum;
  }

  /** The count of a model's numbers by their role, as a table. */
  public static String storage(CheckedModel m) {
    Table t = new Table();
    long parameters = values(m, Storage.Role.PARAMETER);
    t.row("parameters", Table.count(parameters), Table.bytes(4.0 * parameters));
    long buffers = values(m, Storage.Role.BUFFER);
    if (buffers > 0) {
      t.row("buffers", Table.count(buffers), Table.bytes(4.0 * buffers));
    }
    long frozen = values(m, Storage.Role.FROZEN);
    if (frozen > 0) {
      t.row("frozen", Table.count(frozen), Table.bytes(4.0 * frozen));
    }
    return t.text(2);
  }

  public static long values(CheckedModel m, Storage.Role role) {
    return Storage.withRole(m.storage(), role).stream()
        .mapToLong(s -> s.type().shape().elements())
        .sum();
  }

  /** The peak of a process that runs the steps. */
  long processBytes() {
    return need.process();
  }

  /** Bytes of all caches. */
  public long cacheBytes() {
    return caches.values().stream().mapToLong(Long::longValue).sum();
  }

  /** For people. */
  public String text() {
    StringBuilder s = new StringBuilder(purpose).append('\n');
    Table t =
        new Table()
            .row(
                "step",
                "operations",
                "moved",
                "kernels",
                "least time",
                isExpected() ? "expected" : "");
    for (StepCost c : steps) {
      row(t, c);
    }
    workload.ifPresent(w -> row(t, w));
    if (again.launches() > 0) {
      t.row(
          "of it to save memory",
          Table.operations(again.operations()),
          Table.bytes(again.bytes()),
          String.valueOf(again.launches()),
          "",
          "");
    }
    s.append(t.text(2));
    uncached.forEach(
        u -> s.append("  every code computes the whole sequence, because ").append(u).append('\n'));
    Table m = new Table();
    for (Arena a : Arena.values()) {
      long bytes = plan.bytes(a);
      if (a != Arena.GRADIENTS || bytes > 0) {
        m.row(a.name().toLowerCase(Locale.ROOT), Table.bytes(bytes), what(a));
      }
    }
    m.row("memory in all", Table.bytes(plan.totalBytes()), "");
    if (need.tensors() > plan.totalBytes()) {
      long decoder = need.tensors() - plan.totalBytes();
      m.row("decoder", Table.bytes(decoder), "of the pictures while training");
    }
    if (need.buffers() > 0) {
      m.row(
          "buffers",
          Table.bytes(need.buffers()),
          "work of kernels, batches, what a step may have to restore");
    }
    m.row("process, about", Table.bytes(processBytes()), "with the JVM and compiled kernels");
    if (need.copy() > 0) {
      m.row(
          "copy",
          Table.bytes(need.copy()),
          MemoryFit.allowsCopy(need, MemoryBounds.here())
              ? "of a checkpoint, which is written beside the next steps"
              : "of a checkpoint, for which there is no room: steps wait while it is written");
    }
    return s.append(m.text(2)).append("  ").append(here(fit())).append('\n').toString();
  }

  private static String here(MemoryFit fit) {
    String how =
        switch (fit.verdict()) {
          case FITS -> "it fits here";
          case TIGHT -> "it fits here, but barely";
          case TOO_LARGE -> "it does not fit here";
        };
    return fit.bound().isPresent() ? how + ": there are " + fit.there() : how;
  }

  /** The need compared with the memory that this machine has now. */
  private MemoryFit fit() {
    return MemoryFit.of(need, MemoryBounds.here());
  }

  private String what(Arena a) {
    return switch (a) {
      case PARAMETERS -> "parameters and buffers";
      case STATE -> caches.isEmpty() ? "moments, averages" + partials() : held();
      case GRADIENTS -> "gradients: the beginning of work";
      case CONSTANTS -> "tables";
      case IO -> "inputs and outputs";
      case WORK -> "intermediate results";
    };
  }

  /** Bytes of the sums of gradients that a tree over shards keeps. */
  public long partialBytes() {
    return plan.storage().stream()
        .filter(t -> t.role() == StoredId.Role.PARTIAL)
        .mapToLong(t -> t.slot().type().bytes())
        .sum();
  }

  private String partials() {
    return partialBytes() == 0
        ? ""
        : Text.format(", %s of sums over shards", Table.bytes(partialBytes()));
  }

  /** The contents of the caches, with bytes if they are several. */
  private String held() {
    Map<String, Long> parts = new LinkedHashMap<>();
    caches.forEach((use, bytes) -> parts.merge(words(use), bytes, Long::sum));
    return parts.size() == 1
        ? parts.keySet().iterator().next()
        : parts.entrySet().stream()
            .map(e -> e.getKey() + " " + Table.bytes(e.getValue()))
            .collect(Collectors.joining(", "));
  }

  private static String words(CacheUse use) {
    return switch (use) {
      case KEYS, VALUES -> "keys and values of earlier positions";
      case MASKS -> "masks";
      case CONDITIONS -> "what the conditions give";
      case CODES -> "codes drawn so far";
    };
  }

  private boolean isExpected() {
    return steps.stream().anyMatch(s -> s.expected().isPresent());
  }

  private static void row(Table t, StepCost s) {
    t.row(
        s.name(),
        Table.operations(s.cost().operations()),
        Table.bytes(s.cost().bytes()),
        String.valueOf(s.cost().launches()),
        Table.seconds(s.least()),
        s.expected().isPresent() ? Table.seconds(s.expected().getAsDouble()) : "");
  }

  /** For scripts. */
  public Map<String, Object> json() {
    Map<String, Object> m = new LinkedHashMap<>();
    List<Map<String, Object>> all = new ArrayList<>();
    for (StepCost s : steps) {
      all.add(json(s));
    }
    m.put("steps", all);
    workload.ifPresent(w -> m.put("whole", json(w)));
    m.put("again_operations", again.operations());
    m.put("again_bytes", again.bytes());
    Map<String, Long> bytes = new LinkedHashMap<>();
    plan.arenaBytes().forEach((a, n) -> bytes.put(a.name().toLowerCase(Locale.ROOT), n));
    m.put("arena_bytes", bytes);
    m.put("partial_bytes", partialBytes());
    m.put("cache_bytes", cacheBytes());
    Map<String, Long> held = new LinkedHashMap<>();
    caches.forEach((use, n) -> held.put(use.name().toLowerCase(Locale.ROOT), n));
    m.put("caches", held);
    m.put("uncached", uncached);
    m.put("total_bytes", plan.totalBytes());
    m.put("process_bytes", processBytes());
    m.put("copy_bytes", need.copy());
    m.put("here", json(fit()));
    return m;
  }

  private static Map<String, Object> json(MemoryFit fit) {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("verdict", fit.verdict().name().toLowerCase(Locale.ROOT));
    m.put("needed_bytes", fit.needs());
    fit.bound()
        .ifPresent(
            b -> {
              m.put("available_bytes", fit.has());
              m.put("bound", b.text(0));
            });
    return m;
  }

  private static Map<String, Object> json(StepCost s) {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("name", s.name());
    m.put("operations", s.cost().operations());
    m.put("bytes", s.cost().bytes());
    m.put("kernels", s.cost().launches());
    m.put("least_seconds", s.least());
    s.expected().ifPresent(x -> m.put("expected_seconds", x));
    return m;
  }
}
