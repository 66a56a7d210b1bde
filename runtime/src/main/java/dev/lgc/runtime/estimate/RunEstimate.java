package dev.lgc.runtime.estimate;

import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.SyntheticPictures;
import dev.lgc.runtime.dist.CollectiveSeconds;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.train.BatchParts;
import dev.lgc.runtime.train.Pictures;
import dev.lgc.runtime.train.StepClock;
import dev.lgc.runtime.train.TrainJob;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The time that a run will take on this machine, known before its first step: computing alone,
 * without reading its data, pictures while training, and writing checkpoints.
 *
 * @param kind what is trained, as the template for it is called
 * @param batch samples in a step
 * @param parts in which a batch is computed
 * @param partialBytes bytes of the sums of gradients that a tree over shards keeps
 * @param step seconds of one optimizer step
 * @param collectives those of a step; none where there is one rank
 * @param heldOut seconds of one measurement of the held-out loss; 0 if nothing is held out
 * @param heldOutEvery steps between two of them
 * @param on the limits that it follows from
 */
public record RunEstimate(
    Template kind,
    int batch,
    BatchParts parts,
    long partialBytes,
    double step,
    CollectiveSeconds collectives,
    double heldOut,
    long heldOutEvery,
    MachineLimits.Known on) {
  /** Samples in a batch of a smaller start. */
  private static final int SMALL_BATCH = 8;

  /** Seconds from which a run is long: who waits so long wants to know it first. */
  private static final double LONG = 3600;

  /** The estimate of a job, of its plan's report. */
  public static RunEstimate of(TrainJob job, PlanReport report, MachineLimits.Known on) {
    RunConfig c = job.run().config();
    double losses =
        report.steps().stream()
            .filter(s -> report.plan().step(s.name()).id().kind() == StepId.Kind.LOSS)
            .mapToDouble(PlanReport.StepCost::seconds)
            .sum();
    return new RunEstimate(
        c.data().isPresent() ? Template.tokenizer : Template.generator,
        c.batch(),
        job.parts(),
        report.partialBytes(),
        report.workload().orElseThrow().seconds(),
        CollectiveSeconds.NONE,
        c.holdsOut() ? losses * c.log().heldOutBatches() : 0,
        c.log().heldOutEvery(),
        on);
  }

  /**
   * The estimate for this machine's CPU.
   *
   * @param threads of the CPU
   */
  public static RunEstimate here(TrainJob job, int threads) {
    MachineLimits.Known on = MachineLimits.knownOrMeasured(threads);
    return of(job, PlanReport.ofRun(job, on), on);
  }

  /** The same with steps of several ranks, which wait for each other. */
  public RunEstimate ofSteps(double seconds, CollectiveSeconds exchanged) {
    return new RunEstimate(
        kind, batch, parts, partialBytes, seconds, exchanged, heldOut, heldOutEvery, on);
  }

  /** The measured time of steps beside the expected one, in some lines for people. */
  public String beside(StepClock clock) {
    double seconds = clock.seconds();
    String line =
        Text.format(
            "measured: %s a step in %d steps, %.2f times the expected %s%n",
            Table.seconds(seconds), clock.steps(), seconds / step, Table.seconds(step));
    if (collectives.underWay() > 0) {
      line +=
          Text.format("measured: %s; expected: %s%n", text(clock.collectives()), text(collectives));
    }
    if (clock.checkpoints() > 0) {
      double[] held = clock.heldSeconds();
      line +=
          Text.format(
              "measured: %s held up the next step, for %s to %s%n",
              Text.count((int) clock.checkpoints(), "checkpoint"),
              Table.seconds(held[0]),
              Table.seconds(held[1]));
    }
    return line;
  }

  private static String text(CollectiveSeconds c) {
    return Text.format(
        "collectives %s, of which %s overlapped and %s exposed",
        Table.seconds(c.underWay()), Table.seconds(c.overlapped()), Table.seconds(c.exposed()));
  }

  /** Optimizer steps of a run; empty if they depend on pictures or codes that are not there yet. */
  public static OptionalLong steps(TrainJob job) {
    RunConfig c = job.run().config();
    if (c.steps().isPresent()) {
      return OptionalLong.of(c.steps().get());
    }
    try {
      return OptionalLong.of(TrainJob.steps(c, samples(job)));
    } catch (BadInputException | UserError e) {
      return OptionalLong.empty();
    }
  }

  private static long samples(TrainJob job) {
    RunConfig c = job.run().config();
    if (c.data().isPresent()) {
      RunConfig.Data d = c.data().get();
      return Pictures.open(job.run(), d, d.image().orElse(SyntheticPictures.LEAST_SIDE), c.seed())
          .train()
          .size();
    }
    try (CodeCache cache = CodeCache.open(job.run().resolve(c.codes().orElseThrow().path()))) {
      return cache.info().count();
    }
  }

  /** Seconds of so many steps. */
  public double seconds(long steps) {
    return steps * step + heldOutSeconds(steps);
  }

  private double heldOutSeconds(long steps) {
    return Math.floorDiv(steps, heldOutEvery) * heldOut;
  }

  /** The most of {@code steps} steps that take at most {@code seconds}, but 1 at least. */
  private long within(double seconds, long steps) {
    long low = 1;
    long high = steps;
    while (low < high) {
      long middle = low + (high - low + 1) / 2;
      if (seconds(middle) <= seconds) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** For people: one line, and what a smaller start is where the run is long. */
  public String text(long steps) {
    String line =
        Text.format(
            "expected: %s a step, %s for %s (%s, %s; reading the data takes more)%n",
            Table.seconds(step),
            duration(seconds(steps)),
            steps(steps),
            MachineLimits.text(on.limits()),
            on.how());
    if (parts.shards() > 1) {
      line += tree();
    }
    if (seconds(steps) <= LONG) {
      return line;
    }
    double held = heldOutSeconds(steps);
    if (held > seconds(steps) / 2) {
      line +=
          Text.format(
              "%s of it measure the held-out loss: a smaller `log.held_out_batches` or a larger"
                  + " `log.held_out_every` takes less%n",
              duration(held));
    }
    long hour = within(LONG, steps);
    String smaller =
        batch > SMALL_BATCH
            ? Text.format(
                ", `batch: %d`%s takes about %s a step",
                SMALL_BATCH,
                parts.micros() > 1 ? " and `micro_batches: 1`" : "",
                Table.seconds(step * SMALL_BATCH / batch))
            : "";
    return line
        + Text.format(
            "a smaller start: %s %s %s%s;%n  `lgc train --template %s --small` prints a first"
                + " run, sized for this machine: minutes of computing on most machines%n",
            steps(hour),
            hour == 1 ? "takes" : "take",
            Math.abs(seconds(hour) / LONG - 1) < 0.1 ? "an hour" : duration(seconds(hour)),
            smaller,
            kind);
  }

  /** The cost in memory of adding gradients in a tree. */
  private String tree() {
    return Text.format(
        "%d shards: adding their gradients in a tree takes %s of the memory%n",
        parts.shards(), Table.bytes(partialBytes));
  }

  private static String steps(long n) {
    return n == 1 ? "1 step" : n + " steps";
  }

  /** A time that people wait for: {@code 40 s}, {@code 13 min}, {@code 5.2 h}, {@code 9.5 days}. */
  public static String duration(double seconds) {
    if (seconds < 90) {
      return Text.format("%.0f s", Math.max(1, seconds));
    }
    if (seconds < 90 * 60) {
      return Text.format("%.0f min", seconds / 60);
    }
    return seconds < 48 * 3600
        ? Text.format("%.1f h", seconds / 3600)
        : Text.format("%.1f days", seconds / 86_400);
  }

  /** For scripts. */
  public Map<String, Object> json(OptionalLong steps) {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("seconds_per_step", step);
    m.put("held_out_seconds", heldOut);
    steps.ifPresent(
        n -> {
          m.put("steps", n);
          m.put("seconds", seconds(n));
        });
    return m;
  }
}
