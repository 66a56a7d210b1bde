package dev.lgc.runtime.cli;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.ByteSize;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.estimate.PlanReport;
import dev.lgc.runtime.estimate.RunEstimate;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.train.PreviewDecoder;
import dev.lgc.runtime.train.TrainJob;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The plan of exactly what a run file trains: its batch and micro-batches, its precision, memory,
 * optimizer and previews, and how long it will take here.
 *
 * @param job what is trained
 * @param report its plan
 * @param estimate how long it takes
 * @param steps of the optimizer, if they are known
 * @param warnings that training it begins with
 */
record RunPlan(
    TrainJob job,
    PlanReport report,
    RunEstimate estimate,
    OptionalLong steps,
    List<String> warnings) {
  /** The options of {@code lgc plan} that a run file does not answer. */
  private static final List<String> OWN =
      List.of("--limits", "--threads", "--dump", "--json", "--model", "--parameter");

  /**
   * Refuses options that would contradict the run file.
   *
   * @throws BadInputException naming the first
   */
  static void refuseOthers(ParseResult given) {
    for (OptionSpec o : given.matchedOptions()) {
      if (!OWN.contains(o.longestName())) {
        throw new BadInputException(
            o.longestName() + " with a run file",
            "the run file's own settings, which are what is planned",
            "change them there, or plan the model: lgc plan F.arch -m MODEL");
      }
    }
  }

  static RunPlan of(RunFile run, MachineLimits.Found on) {
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

  /** Prints it as JSON, or for people with the stages that are asked for. */
  void print(PrintWriter out, boolean json, List<Dumped> dump) {
    if (json) {
      out.println(JsonText.of(json()));
    } else {
      out.print(text());
      List<ExecutionPlan> plan = List.of(job.plan());
      out.print(
          Dumps.of(
              job.model(),
              List.of(TrainJob.requests(job.run().config(), job.model())),
              job.run().config().memory().map(ByteSize::bytes).orElse(Long.MAX_VALUE),
              () -> plan,
              dump,
              ""));
    }
    out.flush();
  }

  private String text() {
    RunConfig c = job.run().config();
    StringBuilder s = new StringBuilder();
    s.append(
        Text.format(
            "%s: %s, batch %d%s, %s%n",
            job.run().source().name(),
            job.model().name(),
            c.batch(),
            c.microBatches() == 1
                ? ""
                : Text.format(" in %d parts of %d", c.microBatches(), TrainJob.microBatch(c)),
            precision()));
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

  private String precision() {
    return job.run().config().precision().name().toLowerCase(Locale.ROOT);
  }

  private Map<String, Object> json() {
    RunConfig c = job.run().config();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("run", job.run().source().name());
    all.put("model", job.model().name());
    all.put("batch", c.batch());
    all.put("micro_batches", c.microBatches());
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
