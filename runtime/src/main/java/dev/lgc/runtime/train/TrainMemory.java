package dev.lgc.runtime.train;

import dev.lgc.compiler.pipeline.MemoryLimitException;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.config.ByteSize;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryFit;
import dev.lgc.runtime.memory.MemoryGuard;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What memory a run takes, and what it would take with other settings. */
public final class TrainMemory {
  /** Batches of pictures that are made ahead. */
  private static final int AHEAD = 3;

  private static final long MEGABYTE = 1_000_000;

  private final TrainJob job;
  private final RunConfig config;
  private final MemoryBounds bounds;

  private TrainMemory(TrainJob job, MemoryBounds bounds) {
    this.job = job;
    this.config = job.run().config();
    this.bounds = bounds;
  }

  /**
   * Refuses a run that does not fit, before anything of it is allocated.
   *
   * @param warn is told if it fits but barely
   * @throws UserError if it does not fit: with what the limit is, and which settings help by how
   *     much
   */
  public static void require(TrainJob job, MemoryBounds bounds, Consumer<String> warn) {
    TrainMemory m = new TrainMemory(job, bounds);
    MemoryGuard.require(
        "training " + job.model().name(),
        need(job),
        bounds,
        m::remedies,
        warn,
        s -> {
          throw UserError.setting(
              job.run().place("batch"), s.what(), s.found(), s.expected(), s.hint());
        });
  }

  /** What a run takes. */
  static MemoryNeed need(TrainJob job) {
    return need(job.run().config(), job.model(), job.plan());
  }

  private static MemoryNeed need(RunConfig c, CheckedModel model, ExecutionPlan plan) {
    List<Entry> objectives = model.entries(Entry.Kind.OBJECTIVE);
    Set<String> passedOn =
        objectives.stream().flatMap(e -> e.exports().stream()).collect(Collectors.toSet());
    long pixels =
        objectives.stream()
            .flatMap(e -> e.inputs().stream())
            .filter(in -> !passedOn.contains(in.name()) && InputKind.of(in) == InputKind.IMAGE)
            .mapToLong(in -> in.type().bytes())
            .max()
            .orElse(0);
    return MemoryNeed.of(plan).withBuffers(c.data().isPresent() ? AHEAD * pixels : 0);
  }

  private List<MemoryGuard.Remedy> remedies() {
    int batch = config.batch();
    int micros = config.microBatches();
    List<MemoryGuard.Remedy> all = new ArrayList<>();
    List<Integer> parts =
        sharesParameters()
            ? List.of()
            : IntStream.rangeClosed(micros + 1, batch).filter(n -> batch % n == 0).boxed().toList();
    MemoryGuard.Remedy.first(
            parts, n -> "`micro_batches: " + n + "`", n -> planned(batch / n, true), bounds)
        .ifPresent(all::add);
    MemoryNeed least = least(batch / micros, micros > 1);
    if (least != null) {
      all.add(remedy("`memory: " + size(least) + "`", least));
    }
    MemoryGuard.Remedy.first(
            MemoryGuard.Remedy.halves(batch / micros),
            n -> "`batch: " + n * micros + "`",
            n -> planned(n, micros > 1),
            bounds)
        .ifPresent(all::add);
    boolean helps = all.stream().anyMatch(r -> MemoryFit.of(r.need().get(), bounds).mayFit());
    MemoryNeed both = helps || parts.isEmpty() ? null : least(1, true);
    if (both != null) {
      all.addFirst(
          remedy("`micro_batches: " + batch + "` with `memory: " + size(both) + "`", both));
    }
    return all;
  }

  /** Whether two objectives train the same parameter, for which micro-batches are refused. */
  private boolean sharesParameters() {
    List<String> trained =
        job.model().entries(Entry.Kind.OBJECTIVE).stream().flatMap(e -> e.over().stream()).toList();
    return Set.copyOf(trained).size() < trained.size();
  }

  private static MemoryGuard.Remedy remedy(String change, MemoryNeed need) {
    return new MemoryGuard.Remedy(change, () -> need);
  }

  /** Within the memory there is if that can be, else in as little as can be. */
  private MemoryNeed least(int samples, boolean accumulates) {
    MemoryFit now = MemoryFit.of(need(job), bounds);
    long over = now.needs() - now.has();
    long target = (job.plan().totalBytes() - over) / 100 * 97 / MEGABYTE * MEGABYTE;
    try {
      return planned(samples, accumulates, Math.max(1, target));
    } catch (MemoryLimitException e) {
      return planned(samples, accumulates, e.least());
    }
  }

  private static String size(MemoryNeed need) {
    long megabytes = (need.tensors() + MEGABYTE - 1) / MEGABYTE;
    return megabytes + "MB";
  }

  /** What a run takes with other settings; null if that cannot be planned. */
  private MemoryNeed planned(int samples, boolean accumulates) {
    try {
      long limit = config.memory().map(ByteSize::bytes).orElse(Long.MAX_VALUE);
      return planned(samples, accumulates, limit);
    } catch (MemoryLimitException e) {
      return null;
    }
  }

  private MemoryNeed planned(int samples, boolean accumulates, long limit) {
    try {
      CheckedModel model = Models.check(job.sources(), job.choice(), samples);
      var wanted = List.of(TrainJob.requests(config, model, accumulates));
      return need(config, model, Models.plans(model, wanted, limit).getFirst());
    } catch (UserError | BadInputException e) {
      return null; // the model is not for such a batch
    }
  }
}
