package dev.lgc.runtime.train;

import dev.lgc.compiler.pipeline.MemoryLimitException;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.config.ByteSize;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.PictureLoader;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryFit;
import dev.lgc.runtime.memory.MemoryGuard;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.model.CheckpointTensors;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.Models;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The memory that a run takes, and that it would take with other settings. */
public final class TrainMemory {
  private static final long MEGABYTE = 1_000_000;

  private final TrainJob job;
  private final RunConfig config;
  private final MemoryBounds bounds;
  private final Settings now;

  /** Plans for settings that were tried; empty for those that cannot be planned. */
  private final Map<Settings, Optional<Taken>> tried = new HashMap<>();

  /** Decoders by the size of their batch. */
  private final Map<Integer, Optional<PreviewDecoder>> decoders = new HashMap<>();

  private TrainMemory(TrainJob job, MemoryBounds bounds) {
    this.job = job;
    this.config = job.run().config();
    this.bounds = bounds;
    this.now =
        new Settings(
            job.parts().samples(config),
            job.parts(),
            config.memory().map(ByteSize::bytes).orElse(Long.MAX_VALUE),
            config.samples().every() > 0);
    tried.put(now, Optional.of(new Taken(job.plan().totalBytes(), need(job))));
    decoders.put(PreviewDecoder.batch(config, now.samples()), job.decoder());
  }

  /**
   * The settings that a run's memory depends on.
   *
   * @param samples in a part of a batch
   * @param parts of a batch
   * @param limit of the plan's tensors, in bytes
   * @param draws whether pictures are drawn while training
   */
  private record Settings(int samples, BatchParts parts, long limit, boolean draws) {
    Settings within(long bytes) {
      return new Settings(samples, parts, bytes, draws);
    }

    Settings of(int samples, int micros) {
      return new Settings(samples, parts.ofMicros(micros), limit, draws);
    }

    Settings fullySharded() {
      return new Settings(samples, parts.inGroupsOf(parts.ranks()), limit, draws);
    }

    Settings undrawn() {
      return new Settings(samples, parts, limit, false);
    }
  }

  /**
   * The memory of a run.
   *
   * @param planned bytes of its plan's tensors, which {@code memory} limits
   */
  private record Taken(long planned, MemoryNeed need) {}

  /**
   * Refuses a run that does not fit, before anything of it is allocated.
   *
   * @param warn is told if it fits but barely
   * @throws UserError if it does not fit: with what the limit is, and which settings help by how
   *     much; or if the decoder of its pictures cannot be read
   */
  public static void require(TrainJob job, MemoryBounds bounds, Consumer<String> warn) {
    job.decoder().ifPresent(PreviewDecoder::orThrow);
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

  /**
   * A run if it can be planned and fits, with nothing allocated; mistakes of other kinds are told
   * as ever.
   */
  public static Optional<TrainJob> fitting(Supplier<TrainJob> planned, MemoryBounds bounds) {
    try {
      TrainJob job = planned.get();
      return MemoryFit.of(need(job), bounds).mayFit() ? Optional.of(job) : Optional.empty();
    } catch (UserError e) {
      if (e.getCause() instanceof MemoryLimitException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** The memory of a run, without the decoder of its pictures if that cannot be read yet. */
  public static MemoryNeed need(TrainJob job) {
    return need(job.run().config(), job.parts(), job.model(), job.plan(), job.decoder());
  }

  private static MemoryNeed need(
      RunConfig c,
      BatchParts parts,
      CheckedModel model,
      ExecutionPlan plan,
      Optional<PreviewDecoder> decoder) {
    Batch.Layout batch = Batch.Layout.of(model.entries(Entry.Kind.OBJECTIVE));
    List<ExecutionPlan> loaded =
        Stream.concat(
                Stream.of(plan),
                decoder.flatMap(PreviewDecoder::planned).stream().map(planned -> planned.plan()))
            .toList();
    return CpuDevice.need(loaded, CpuDevice.threads(c.threads()))
        .withBuffers(batch.bytes() + ShardBuffers.bytes(model, parts) + madeAhead(c, batch))
        .withCopy(
            parts.writes() && savesBeside(c)
                ? CheckpointTensors.bytes(plan) + ShardBuffers.savedBytes(model, parts)
                : 0);
  }

  /** Returns true if a checkpoint is written before the last step, beside those that follow. */
  public static boolean savesBeside(RunConfig c) {
    return c.steps().isEmpty() || c.checkpoint().every() < c.steps().get();
  }

  /** Bytes of batches of pictures that are made ahead: to learn from, and to be judged by. */
  private static long madeAhead(RunConfig c, Batch.Layout batch) {
    TensorType image = batch.inputs().get(InputKind.IMAGE);
    if (c.data().isEmpty() || image == null) {
      return 0;
    }
    PictureLoader.Settings loader =
        PictureLoader.Settings.inOrder(image.shape().dim(0), image.shape().dim(3));
    return loader.aheadBytes() * (c.holdsOut() ? 2 : 1);
  }

  private List<MemoryGuard.Remedy> remedies() {
    int shard = config.batch() / job.parts().shards();
    int micros = job.parts().micros();
    List<MemoryGuard.Remedy> all = new ArrayList<>();
    if (now.draws()) {
      Optional.ofNullable(need(now.undrawn()))
          .ifPresent(n -> all.add(remedy("`samples: {every: 0}`", n)));
    }
    if (job.parts().groups() > 1) {
      Optional.ofNullable(need(now.fullySharded()))
          .ifPresent(n -> all.add(remedy("`strategy: fully_sharded`", n)));
    }
    List<Integer> parts =
        sharesParameters()
            ? List.of()
            : IntStream.rangeClosed(micros + 1, shard).filter(n -> shard % n == 0).boxed().toList();
    MemoryGuard.Remedy.first(
            parts, n -> "`micro_batches: " + n + "`", n -> need(now.of(shard / n, n)), bounds)
        .ifPresent(all::add);
    Taken least = least(now);
    if (least != null) {
      all.add(remedy("`memory: " + size(least) + "`", least.need()));
    }
    MemoryGuard.Remedy.first(
            MemoryGuard.Remedy.halves(shard / micros),
            n -> "`batch: " + n * job.parts().count() + "`",
            n -> need(now.of(n, micros)),
            bounds)
        .ifPresent(all::add);
    if (all.stream().noneMatch(r -> MemoryFit.of(r.need().get(), bounds).mayFit())) {
      together(parts).ifPresent(all::addFirst);
    }
    return all;
  }

  /** Several at once, where one alone does not help enough. */
  private Optional<MemoryGuard.Remedy> together(List<Integer> parts) {
    if (parts.isEmpty()) {
      return Optional.empty();
    }
    int shard = config.batch() / job.parts().shards();
    String change = "`micro_batches: " + shard + "` with `memory: %s`";
    Settings one = now.of(1, shard);
    Taken both = least(one);
    boolean fits = both != null && MemoryFit.of(both.need(), bounds).mayFit();
    if (!fits && now.draws()) {
      both = least(one.undrawn());
      change += " and `samples: {every: 0}`";
    }
    return both == null
        ? Optional.empty()
        : Optional.of(remedy(change.replace("%s", size(both)), both.need()));
  }

  /**
   * Returns true if two objectives train the same parameter, for which micro-batches are refused.
   */
  private boolean sharesParameters() {
    List<String> trained =
        job.model().entries(Entry.Kind.OBJECTIVE).stream().flatMap(e -> e.over().stream()).toList();
    return Set.copyOf(trained).size() < trained.size();
  }

  private static MemoryGuard.Remedy remedy(String change, MemoryNeed need) {
    return new MemoryGuard.Remedy(change, () -> need);
  }

  /** The memory of a run within what there is if that can be, else of the least plan. */
  private Taken least(Settings s) {
    Taken free = planned(s.within(Long.MAX_VALUE));
    if (free == null) {
      return null;
    }
    MemoryFit fit = MemoryFit.of(free.need(), bounds);
    long over = fit.needs() - fit.has();
    long target = (free.planned() - over) / 100 * 97 / MEGABYTE * MEGABYTE;
    try {
      return planned(s.within(Math.max(1, target)));
    } catch (MemoryLimitException e) {
      return planned(s.within(e.least()));
    }
  }

  private static String size(Taken taken) {
    long megabytes = (taken.planned() + MEGABYTE - 1) / MEGABYTE;
    return megabytes + "MB";
  }

  /** The memory of a run with other settings; null if that cannot be planned. */
  private MemoryNeed need(Settings s) {
    try {
      Taken taken = planned(s);
      return taken == null ? null : taken.need();
    } catch (MemoryLimitException e) {
      return null;
    }
  }

  private Taken planned(Settings s) {
    Optional<Taken> known = tried.get(s);
    if (known == null) {
      known = Optional.ofNullable(plan(s));
      tried.put(s, known);
    }
    return known.orElse(null);
  }

  private Taken plan(Settings s) {
    try {
      CheckedModel model = Models.check(job.sources(), job.choice(), s.samples());
      var wanted = List.of(TrainJob.requests(config, s.parts(), model, s.draws()));
      ExecutionPlan plan = Models.plans(model, wanted, s.limit()).getFirst();
      Optional<PreviewDecoder> decoder =
          s.draws()
              ? decoders.computeIfAbsent(
                  PreviewDecoder.batch(config, s.samples()),
                  _ -> PreviewDecoder.of(job.run(), s.samples()))
              : Optional.empty();
      return new Taken(plan.totalBytes(), need(config, s.parts(), model, plan, decoder));
    } catch (UserError | BadInputException e) {
      return null; // the model is not for such a batch
    }
  }
}
