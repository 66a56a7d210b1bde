package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.dump.CompilationDump;
import dev.lgc.runtime.estimate.ModelPlan;
import dev.lgc.runtime.estimate.PlanReport;
import dev.lgc.runtime.estimate.RunPlan;
import dev.lgc.runtime.io.Background;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.model.ModelArgument;
import dev.lgc.runtime.model.ModelNeeds;
import dev.lgc.runtime.report.JsonText;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
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
      "  lgc plan llamagen -m ClassToImage --for training --memory 2GiB",
      "  lgc plan llamagen -m ClassToImage --for training --precision bf16",
      "  lgc plan vq -m VQ16 --for inference --limits 67000,4800",
      "  lgc plan llamagen -m ClassToImage -p size=XL -b 256 --ranks 64 --hosts 8 --link 50,10",
      "  lgc plan llamagen -m ClassToImage -p size=3B --for inference --weights-type int8 --ranks"
          + " 2",
      "  lgc plan tokenizer.yaml   (exactly that run, and how long it takes here)"
    })
final class PlanCommand implements Callable<Integer>, OneProcess.Exempt {
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
  private PlanPurpose purpose;

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

  @Mixin private RankOptions ranks;
  @Mixin private DumpOption dump;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (ranks.areGiven()) {
      ofRanks();
      return 0;
    }
    if (isOfRun()) {
      ofRun();
      return 0;
    }
    if (purpose == PlanPurpose.training) {
      weights.refuseToTrain("--for inference");
    }
    if (purpose == PlanPurpose.inference) {
      precision.refuseToUse();
    }
    ModelArgument argument = model.argument(batch.samples());
    CheckedModel checked = argument.checkInputs();
    MachineLimits.Known found = MachineLimits.of(limits, Devices.threads(threads));
    List<List<Request>> wanted = new ArrayList<>();
    if (purpose != PlanPurpose.inference) {
      wanted.add(precision.training(checked, averaged));
    }
    if (purpose != PlanPurpose.training) {
      wanted.add(weights.inference(checked, !plain));
    }
    wanted.removeIf(List::isEmpty);
    Background<List<String>> parts =
        Background.of(
            () ->
                purpose == PlanPurpose.inference
                    ? List.of()
                    : ModelNeeds.parts(
                        "micro_batches", checked, argument.batch(), argument::objectives));
    List<PlanReport> reports = PlanReport.of(checked, wanted, memory.bytes(), found);
    ModelPlan plan =
        new ModelPlan(checked, batch.samples(), precision.type(), reports, found, parts.get());
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonText.of(plan.json()));
    } else {
      out.print(plan.text());
      for (int i = 0; i < reports.size(); i++) {
        print(checked, List.of(wanted.get(i)), memory.bytes(), reports.get(i).plan());
      }
    }
    out.flush();
    return 0;
  }

  /** Prints the stages of the compilation that are asked for. */
  private void print(
      CheckedModel checked, List<List<Request>> purposes, long bytes, ExecutionPlan plan) {
    if (dump.given()) {
      CompilationDump all = new CompilationDump(checked, purposes, bytes, () -> List.of(plan));
      spec.commandLine().getOut().print(dump.text(all));
    }
  }

  private boolean isOfRun() {
    return run != null || RunFile.isNamed(model.arch);
  }

  private RunFile runFile() {
    RunArguments.refuseOthers(spec.commandLine().getParseResult());
    List<String> words = run == null ? List.of(model.arch) : List.of(model.arch, run);
    return RunArguments.read(words, model.model, model.parameters, spec.commandLine().getErr());
  }

  private void ofRun() {
    RunFile file = runFile();
    int wanted = threads == 0 ? file.config().threads() : threads;
    MachineLimits.Known found = MachineLimits.of(limits, Devices.threads(wanted));
    RunPlan plan = RunPlan.of(file, found);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonText.of(plan.json()));
    } else {
      out.print(plan.text());
      print(plan.job().model(), plan.purposes(), plan.memory(), plan.job().plan());
    }
    out.flush();
  }

  private void ofRanks() throws IOException {
    ranks.refuse(dump.given() ? "--dump" : "");
    PrintWriter out = spec.commandLine().getOut();
    RankedPlans plans = new RankedPlans(ranks, model, batch, memory.bytes(), limits, threads);
    if (isOfRun()) {
      ranks.print(plans.of(runFile()), json, out);
    } else if (purpose == PlanPurpose.inference) {
      precision.refuseToUse();
      ranks.print(plans.inference(m -> weights.inference(m, !plain)), json, out);
    } else {
      weights.refuseToTrain("--for inference");
      ranks.refuse(plain ? "--no-guidance" : "");
      ranks.print(plans.training(m -> precision.training(m, averaged)), json, out);
    }
  }
}
