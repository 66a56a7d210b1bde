package dev.lgc.runtime.cli;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.bench.BenchReport;
import dev.lgc.runtime.bench.Benchmark;
import dev.lgc.runtime.bench.TuningRun;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.measure.Measurement;
import dev.lgc.runtime.measure.Roofline;
import dev.lgc.runtime.model.ModelArgument;
import dev.lgc.runtime.report.JsonText;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc bench}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the steps of a model with initial weights, and shows how fast they are "
          + "and what share of the machine's limits they reach.",
      "A step that draws one code is run at positions spread over the sequence; its limit is "
          + "that of the middle position.",
      "On the cpu the limits (multiply-adds and memory reads) are measured alternately with each"
          + " step, and medians are compared. Pass --limits for other devices; without limits no"
          + " shares are shown. If a step is faster than memory allows, its data is in the"
          + " processor's caches, and its limit is that of the multiply-adds alone. Steps are"
          + " warmed up until they stop getting faster."
    },
    footer = {
      "",
      "Examples:",
      "  lgc bench llamagen -m ClassToImage --for inference --batch 1",
      "  lgc bench llamagen -m ClassToImage --batch 1 --weights-type int8",
      "  lgc bench llamagen -m ClassToImage -p 'size=(4, 12, 768)' --for training --rows 20",
      "  lgc bench llamagen -m ClassToImage --for training --precision bf16",
      "  lgc bench vq -m VQ16 --for inference --batch 1 --step decode --json",
      "  lgc bench llamagen -m ClassToImage --device ${bundle:other-device} --limits 67000,4800",
      "  lgc bench llamagen -m ClassToImage --device ${bundle:other-device} --tune 300 --step"
          + " codes.step"
    })
final class BenchCommand implements Callable<Integer> {
  private static final String UNKNOWN = "its limits are not known; pass --limits";

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;

  @Mixin private BatchOption batch;
  @Mixin private WeightsOption weights;
  @Mixin private PrecisionOption precision;
  @Mixin private MemoryOption memory;

  @Option(
      names = "--for",
      preprocessor = OldPurpose.class,
      paramLabel = "PURPOSE",
      defaultValue = "inference",
      description = "what is measured: ${COMPLETION-CANDIDATES}; inference by default")
  private Purpose purpose;

  @Option(names = "--no-guidance", description = "measure sampling without guidance: half the rows")
  private boolean plain;

  @Option(
      names = "--step",
      paramLabel = "NAME",
      split = ",",
      description = "measure only these steps, such as codes.step; all by default")
  private List<String> only = List.of();

  @Option(
      names = "--limits",
      paramLabel = "LIMITS",
      description =
          "the device's limits, as GFLOP/s,GB/s, or `measured`, the default on cpu, to "
              + "measure the processor")
  private String limits;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "3",
      description = "seconds to measure each step; 3 by default")
  @Range(min = 0, max = 86_400, above = true)
  private double seconds;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "8",
      description = "number of kernels to list for each step, the longest first; 8 by default")
  @Range(min = 0, max = 1_000_000)
  private int rows;

  @Option(
      names = "--tune",
      paramLabel = "S",
      description =
          "first try other schedules of the steps' kernels for S seconds, the costliest kernels"
              + " first, and keep the fastest for later runs on this device. Kernels that were"
              + " measured before are skipped")
  @Range(min = 0, max = 1_000_000, above = true)
  private Double tune;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  private enum Purpose {
    training,
    inference
  }

  @Override
  public Integer call() {
    ModelArgument argument = model.argument(batch.samples());
    CheckedModel checked = argument.checkInputs();
    boolean training = purpose == Purpose.training;
    if (training) {
      weights.refuseToTrain("--for inference");
    } else {
      precision.refuseToUse();
    }
    Benchmark bench =
        new Benchmark(
            argument, checked, training, !plain, weights.type(), precision.type(), memory.bytes());
    try (Device d = device.open()) {
      ExecutionPlan plan = bench.plan(d, Roofline.bytes(limits, d), this::warn);
      List<Step> steps = Benchmark.steps(plan, only);
      Optional<TuningRun> tuned =
          Optional.ofNullable(tune).map(s -> TuningRun.of(d, plan, steps, s, Devices::warn));
      try (Roofline roofline = Roofline.of(limits, d, Devices.threads(device.threads));
          Session session = Session.open(plan, d)) {
        say(
            Text.format(
                "%s, %s%s%n", checked.name(), d.name(), roofline.isNone() ? ": " + UNKNOWN : ""));
        tuned.ifPresent(t -> say(t.text()));
        List<Measurement> measured =
            bench.measure(session, steps, roofline, seconds, m -> say(m.text(rows)));
        print(
            new BenchReport(
                checked.name(),
                batch.samples(),
                d.name(),
                tuned,
                measured,
                only.isEmpty() ? BenchReport.total(checked, measured) : Optional.empty()));
      }
    }
    return 0;
  }

  private void warn(String text) {
    spec.commandLine().getErr().println("warning: " + text);
  }

  /** Prints a part of the report as soon as it is there; JSON is printed at the end. */
  private void say(String text) {
    if (!json) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(text);
      out.flush();
    }
  }

  private void print(BenchReport report) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonText.of(report.json()));
    } else {
      out.print(report.totalText());
    }
    out.flush();
  }
}
