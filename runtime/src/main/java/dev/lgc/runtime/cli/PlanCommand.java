package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.estimate.PlanReport;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.model.ModelNeeds;
import dev.lgc.runtime.report.JsonText;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lgc plan}. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = {
      "Computes the cost of a model without running it: parameters, operations, bytes "
          + "moved, memory, and time on a device. The least time is that of a perfect "
          + "program; the expected time is shown for processors like this one. No memory is "
          + "allocated for the model."
    },
    footer = {
      "",
      "Examples:",
      "  lgc plan llamagen -m ClassToImage -p size=3B -p image=384 --batch 16",
      "  lgc plan llamagen -m ClassToImage -p size=3B --for inference --weights-type int8",
      "  lgc plan llamagen -m ClassToImage --for training --memory 2GiB",
      "  lgc plan llamagen -m ClassToImage --for training --precision bf16",
      "  lgc plan vq -m VQ16 --for inference --limits 67000,4800",
      "  lgc plan tokenizer.yaml   (exactly that run, and how long it takes here)"
    })
final class PlanCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "RUN.yaml",
      description = "a run file, alone or after the model that it trains: plans exactly that run")
  private String run;

  @Mixin private BatchOption batch;
  @Mixin private WeightsOption weights;
  @Mixin private PrecisionOption precision;
  @Mixin private MemoryOption memory;

  @Option(
      names = "--for",
      preprocessor = OldPurpose.class,
      paramLabel = "PURPOSE",
      defaultValue = "both",
      description = "what is planned: ${COMPLETION-CANDIDATES}; both by default")
  private Purpose purpose;

  @Option(names = "--no-guidance", description = "plan sampling without guidance: half the rows")
  private boolean plain;

  @Option(names = "--ema", description = "plan training with averaged parameters")
  private boolean averaged;

  @Option(
      names = "--limits",
      paramLabel = "LIMITS",
      description =
          "the device's limits, as GFLOP/s,GB/s, or `measured` to measure this machine "
              + "now; by default the last measurement of this machine, or a generous guess if "
              + "there is none")
  private String limits;

  @Option(names = "--threads", paramLabel = "N", description = "CPU threads; all by default")
  @Range(min = 0, max = RunConfig.MOST_THREADS)
  private int threads;

  @Option(
      names = "--dump",
      paramLabel = "NAME",
      split = ",",
      converter = Dumped.Converter.class,
      completionCandidates = Dumped.Names.class,
      description =
          "print this too: a stage of the compilation, or the graphs that a pass leaves:"
              + " ${COMPLETION-CANDIDATES}")
  private List<Dumped> dump = List.of();

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  /** What a model is planned for. */
  private enum Purpose {
    training,
    inference,
    both
  }

  @Override
  public Integer call() {
    if (run != null || RunFile.isNamed(model.arch)) {
      ofRun();
      return 0;
    }
    if (purpose == Purpose.training) {
      weights.refuseToTrain("--for inference");
    }
    if (purpose == Purpose.inference) {
      precision.refuseToUse();
    }
    Subject subject = model.subject(batch.samples());
    CheckedModel checked = subject.checkInputs();
    MachineLimits.Found found = MachineLimits.of(limits, Devices.threads(threads));
    List<List<Request>> wanted = new ArrayList<>();
    if (purpose != Purpose.inference) {
      wanted.add(precision.in(Subject.training(checked, averaged)));
    }
    if (purpose != Purpose.training) {
      wanted.add(weights.in(Subject.using(checked, !plain), true));
    }
    wanted.removeIf(List::isEmpty);
    Background<List<String>> parts =
        Background.of(
            () ->
                purpose == Purpose.inference
                    ? List.of()
                    : ModelNeeds.microBatches(
                        b -> b == subject.batch() ? checked : subject.withBatch(b).check(),
                        subject.batch()));
    List<PlanReport> reports = PlanReport.of(checked, wanted, memory.bytes(), found);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonText.of(json(checked, reports, found, parts.get())));
    } else {
      out.print(text(checked, reports, found));
      parts.get().forEach(out::println);
      for (int i = 0; i < reports.size(); i++) {
        List<ExecutionPlan> plan = List.of(reports.get(i).plan());
        out.print(Dumps.of(checked, List.of(wanted.get(i)), memory.bytes(), () -> plan, dump, ""));
      }
    }
    out.flush();
    return 0;
  }

  private void ofRun() {
    RunPlan.refuseOthers(spec.commandLine().getParseResult());
    List<String> words = run == null ? List.of(model.arch) : List.of(model.arch, run);
    PrintWriter err = spec.commandLine().getErr();
    RunFile file = RunArguments.read(words, model.model, model.parameters, err);
    int wanted = threads == 0 ? file.config().threads() : threads;
    MachineLimits.Found found = MachineLimits.of(limits, Devices.threads(wanted));
    RunPlan.of(file, found).print(spec.commandLine().getOut(), json, dump);
  }

  private String text(CheckedModel m, List<PlanReport> reports, MachineLimits.Found found) {
    StringBuilder s = new StringBuilder();
    String mixed = precision.isMixed() ? ", training in " + precision : "";
    s.append(Text.format("%s, batch %d%s%n", m.name(), batch.samples(), mixed));
    s.append(PlanReport.storage(m)).append('\n');
    reports.forEach(r -> s.append(r.text()).append('\n'));
    return s.append(
            Text.format("times at %s, %s%n", MachineLimits.text(found.limits()), found.how()))
        .toString();
  }

  private Map<String, Object> json(
      CheckedModel m, List<PlanReport> reports, MachineLimits.Found found, List<String> parts) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", m.name());
    all.put("arguments", m.arguments());
    all.put("batch", batch.samples());
    all.put("precision", precision.toString());
    all.put("parameters", PlanReport.values(m, Storage.Role.PARAMETER));
    all.put("buffers", PlanReport.values(m, Storage.Role.BUFFER));
    all.put("frozen", PlanReport.values(m, Storage.Role.FROZEN));
    reports.forEach(r -> all.put(r.purpose(), r.json()));
    all.putAll(MachineLimits.json(found.limits()));
    all.put("limits", found.how());
    all.put("micro_batches", parts);
    return all;
  }
}
