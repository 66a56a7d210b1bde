package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.MemoryLimitException;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.estimate.PlanReport;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.measure.Measurement;
import dev.lgc.runtime.measure.Whole;
import dev.lgc.runtime.measure.Yardstick;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryGuard;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.report.Table;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
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
      "A step that draws one code is run at positions spread over all; its limit is "
          + "that of the middle position.",
      "On the cpu the limits (multiply-adds and memory reads) are measured in turns "
          + "with each step, and medians are compared. Pass --limits for other devices; "
          + "without limits no shares are shown. A step that is faster than memory allows "
          + "has its data in the processor's caches; its limit is then that of the "
          + "multiply-adds alone. Steps are warmed up until they stop getting faster."
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
  private String givenLimits;

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
          "first try other schedules of the steps' kernels for S seconds, the costliest "
              + "kernels first, and keep the fastest for this device, for every later run. "
              + "Kernels that were measured before are skipped")
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
    CheckedModel checked = model.subject(batch.samples()).checkInputs();
    if (purpose == Purpose.training) {
      weights.refuseToTrain("--for inference");
    } else {
      precision.refuseToUse();
    }
    try (Device d = device.open()) {
      ExecutionPlan plan =
          PlanReport.plans(checked, List.of(requests(checked, d)), memory.bytes()).getFirst();
      requireMemory(checked, plan, d);
      List<Step> steps = wanted(plan);
      Optional<TuneRun> tuned = Optional.ofNullable(tune).map(s -> TuneRun.of(d, plan, steps, s));
      try (Yardstick yardstick = yardstick(d)) {
        measure(checked, plan, steps, d, yardstick, tuned);
      }
    }
    return 0;
  }

  private void requireMemory(CheckedModel checked, ExecutionPlan plan, Device d) {
    PrintWriter err = spec.commandLine().getErr();
    MemoryBounds bounds = MemoryBounds.here();
    MemoryGuard.require(
        "bench of " + checked.name(),
        MemoryNeed.of(plan),
        bounds,
        () -> remedies(checked, d, bounds),
        text -> err.println("warning: " + text),
        s -> {
          throw new BadInputException(
              s.what() + ": there are " + s.found(), s.expected(), s.hint());
        });
  }

  private List<MemoryGuard.Remedy> remedies(CheckedModel checked, Device d, MemoryBounds bounds) {
    List<MemoryGuard.Remedy> all = new ArrayList<>();
    MemoryGuard.Remedy.first(
            MemoryGuard.Remedy.halves(batch.samples()),
            n -> "--batch " + n,
            n -> need(model.subject(n).check(), d, weights.type(), memory.bytes()),
            bounds)
        .ifPresent(all::add);
    if (purpose == Purpose.training) {
      all.add(new MemoryGuard.Remedy("--memory at its least", () -> least(checked, d)));
    } else if (!weights.isQuantized()) {
      for (WeightType t : WeightType.quantized()) {
        all.add(
            new MemoryGuard.Remedy(
                "--weights-type " + t.keyword(), () -> need(checked, d, t, Long.MAX_VALUE)));
      }
    }
    return all;
  }

  private MemoryNeed least(CheckedModel checked, Device d) {
    try {
      return need(checked, d, WeightType.F32, 1);
    } catch (MemoryLimitException e) {
      return need(checked, d, WeightType.F32, e.least());
    }
  }

  private MemoryNeed need(CheckedModel checked, Device d, WeightType type, long memory) {
    return MemoryNeed.of(
        Models.plans(checked, List.of(requests(checked, d, type)), memory).getFirst());
  }

  private List<Request> requests(CheckedModel checked, Device d) {
    return requests(checked, d, weights.type());
  }

  private List<Request> requests(CheckedModel checked, Device d, WeightType type) {
    List<Request> requests = new ArrayList<>();
    requests.add(new Request.Initialise());
    requests.addAll(
        purpose == Purpose.training
            ? precision.in(Subject.training(checked, false))
            : WeightsOption.stored(Subject.using(checked, !plain), type, d.readsPanels()));
    return requests;
  }

  /** Nothing here measures another device than the CPU. */
  private Yardstick yardstick(Device d) {
    int threads = Devices.threads(device.threads);
    boolean measured =
        givenLimits == null ? d instanceof CpuDevice : givenLimits.equals(MachineLimits.MEASURED);
    return measured
        ? Yardstick.measured(threads)
        : Yardstick.given(Optional.ofNullable(givenLimits).map(l -> MachineLimits.of(l, threads)));
  }

  private void measure(
      CheckedModel checked,
      ExecutionPlan plan,
      List<Step> steps,
      Device d,
      Yardstick yardstick,
      Optional<TuneRun> tuned) {
    PrintWriter out = spec.commandLine().getOut();
    try (Session session = Session.open(plan, d)) {
      if (!json) {
        String unknown = yardstick.isNone() ? ": " + UNKNOWN : "";
        out.printf(Locale.ROOT, "%s, %s%s%n%n", checked.name(), d.name(), unknown);
        tuned.ifPresent(t -> out.println(t.text()));
        out.flush();
      }
      session.run(StepId.INITIALISE.name());
      List<Measurement> measured = new ArrayList<>();
      for (Step step : steps) {
        int positions = positions(checked, step);
        Measurement m = Measurement.of(session, step, positions, yardstick, seconds);
        measured.add(m);
        if (!json) {
          out.println(m.text(rows));
          out.flush();
        }
      }
      print(out, checked, d, tuned, measured);
    }
  }

  /** How many positions of a sequence a step is run for, if it is run for one at a time. */
  private static int positions(CheckedModel checked, Step step) {
    return checked.entries(Entry.Kind.GENERATE).stream()
        .filter(e -> step.id().entry().equals(e.name()))
        .mapToInt(e -> Math.toIntExact(Whole.runs(e, step.id())))
        .findFirst()
        .orElse(1);
  }

  private List<Step> wanted(ExecutionPlan plan) {
    List<String> names = new ArrayList<>(plan.steps().keySet());
    names.remove(StepId.INITIALISE.name());
    for (String name : only) {
      if (!names.contains(name)) {
        throw new BadInputException("step " + name, "one of " + String.join(", ", names), "");
      }
    }
    return names.stream()
        .filter(n -> only.isEmpty() || only.contains(n))
        .map(plan.steps()::get)
        .toList();
  }

  private void print(
      PrintWriter out,
      CheckedModel model,
      Device d,
      Optional<TuneRun> tuned,
      List<Measurement> measured) {
    Map<String, Measurement> steps = new LinkedHashMap<>();
    measured.forEach(m -> steps.put(m.step(), m));
    Optional<Whole> whole =
        only.isEmpty()
            ? Whole.of(model, measured.stream().map(m -> StepId.of(m.step())).toList())
            : Optional.empty();
    boolean held = measured.stream().allMatch(m -> m.limits().isPresent());
    ToDoubleFunction<Whole> taken = w -> w.seconds(s -> steps.get(s).seconds());
    ToDoubleFunction<Whole> least = w -> w.seconds(s -> steps.get(s).least().orElseThrow());
    if (!json) {
      whole.ifPresent(
          w -> {
            double seconds = taken.applyAsDouble(w);
            out.printf(Locale.ROOT, "%s: %s", w.name(), Table.seconds(seconds));
            if (held) {
              double l = least.applyAsDouble(w);
              out.printf(
                  Locale.ROOT, ", limit %s: %s", Table.seconds(l), Measurement.share(l, seconds));
            }
            out.println();
          });
      out.flush();
      return;
    }
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("model", model.name());
    m.put("batch", batch.samples());
    m.put("device", d.name());
    tuned.ifPresent(t -> m.put("tuned", t.json()));
    m.put("steps", measured.stream().map(Measurement::json).toList());
    whole.ifPresent(
        w -> {
          m.put("whole", w.name());
          m.put("whole_seconds", taken.applyAsDouble(w));
          if (held) {
            m.put("whole_least_seconds", least.applyAsDouble(w));
          }
        });
    out.println(JsonText.of(m));
    out.flush();
  }
}
