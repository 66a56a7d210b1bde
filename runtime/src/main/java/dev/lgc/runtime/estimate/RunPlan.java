package dev.lgc.runtime.estimate;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.ByteSize;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.train.BatchParts;
import dev.lgc.runtime.train.PreviewDecoder;
import dev.lgc.runtime.train.TrainJob;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The plan of exactly what a run file trains, with its batch and micro-batches, its precision,
 * memory, optimizer and previews, and the time that it takes here.
 *
 * @param job the run
 * @param report the cost of its steps
 * @param estimate the time of the run
 * @param steps of the optimizer, if they are known
 * @param warnings that training it begins with
 */
public record RunPlan(
    TrainJob job,
    PlanReport report,
    RunEstimate estimate,
    OptionalLong steps,
    List<String> warnings) {
  /**
   * Plans a run.
   *
   * @param on the machine that is to train it
   */
  public static RunPlan of(RunFile run, MachineLimits.Known on) {
    TrainJob job = TrainJob.of(run);
    List<String> warnings = new ArrayList<>(job.warnings());
    job.decoder()
        .flatMap(PreviewDecoder::missing)
        .ifPresent(
            e ->
                warnings.add(
                    "the memory of `samples.tokenizer`, which `train` will need, is not counted: "
                        + e.diagnostics().getFirst().message()));
    PlanReport report = PlanReport.ofRun(job, on);
    RunEstimate estimate = RunEstimate.of(job, report, on);
    return new RunPlan(job, report, estimate, RunEstimate.steps(job), List.copyOf(warnings));
  }

  /** The requests of the run, as they are planned. */
  public List<List<Request>> purposes() {
    return List.of(job.requests());
  }

  /** Bytes that its tensors may take. */
  public long memory() {
    return job.run().config().memory().map(ByteSize::bytes).orElse(Long.MAX_VALUE);
  }

  /** All of it for people. */
  public String text() {
    RunConfig c = job.run().config();
    StringBuilder s = new StringBuilder();
    s.append(
        Text.format(
            "%s: %s, batch %d%s, %s%n",
            job.run().source().name(), job.model().name(), c.batch(), parts(), precision()));
    s.append(PlanReport.storage(job.model())).append('\n');
    s.append(report.text()).append('\n');
    if (steps.isPresent()) {
      s.append(estimate.text(steps.getAsLong()));
    } else {
      s.append(
          Text.format(
              "expected: %s a step; how many there are depends on %s, which cannot be read yet%n"
                  + "times at %s, %s%n",
              Table.seconds(estimate.step()),
              c.data().isPresent() ? "the pictures" : "the codes",
              MachineLimits.text(estimate.on().limits()),
              estimate.on().how()));
    }
    warnings.forEach(w -> s.append("warning: ").append(w).append(System.lineSeparator()));
    return s.toString();
  }

  private String parts() {
    BatchParts p = job.parts();
    String micros =
        p.micros() == 1
            ? ""
            : Text.format(" in %d parts of %d", p.micros(), p.samples(job.run().config()));
    return p.shards() == 1
        ? micros
        : Text.format(
            " in %d shards of %d%s",
            p.shards(),
            job.run().config().batch() / p.shards(),
            p.micros() == 1 ? "" : ", each" + micros);
  }

  private String precision() {
    return job.run().config().precision().name().toLowerCase(Locale.ROOT);
  }

  /** All of it for scripts. */
  public Map<String, Object> json() {
    RunConfig c = job.run().config();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("run", job.run().source().name());
    all.put("model", job.model().name());
    all.put("batch", c.batch());
    all.put("micro_batches", c.microBatches());
    all.put("shards", job.parts().shards());
    all.put("precision", precision());
    all.put("parameters", job.model().parameterCount());
    all.put("limits", estimate.on().how());
    all.putAll(MachineLimits.json(estimate.on().limits()));
    all.put(report.purpose(), report.json());
    all.put("expected", estimate.json(steps));
    all.put("warnings", warnings);
    return all;
  }
}
