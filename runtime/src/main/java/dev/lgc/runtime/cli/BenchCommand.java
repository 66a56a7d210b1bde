package dev.lgc.runtime.cli;

import dev.lgc.compiler.cost.Limits;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Models;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
      "Runs the steps of a model, with weights as they are first drawn, and says how fast they are"
          + " and what share of the machine's limits they reach.",
      "The limits, multiply-adds and memory reads, are measured in the same run. Steps are warmed"
          + " up until they become no faster."
    },
    footer = {
      "",
      "Examples:",
      "  lgc bench llamagen -m ClassToImage --for using --batch 1",
      "  lgc bench llamagen -m ClassToImage -p 'size=(4, 12, 768)' --for training --rows 20",
      "  lgc bench vq -m VQ16 --for using --batch 1 --step decode --json"
    })
final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      defaultValue = "8",
      description = "samples in a batch; 8 by default")
  private int batch;

  @Option(
      names = "--for",
      paramLabel = "PURPOSE",
      defaultValue = "using",
      description = "${COMPLETION-CANDIDATES}; using by default")
  private Purpose purpose;

  @Option(names = "--no-guidance", description = "sampling without guidance: half the rows")
  private boolean plain;

  @Option(
      names = "--step",
      paramLabel = "NAME",
      split = ",",
      description = "only these steps, such as codes.step; all by default")
  private List<String> only = List.of();

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "3",
      description = "how long to measure each step; 3 by default")
  private double seconds;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "8",
      description = "kernels to list of each step, the longest first; 8 by default")
  private int rows;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  private enum Purpose {
    training,
    using
  }

  @Override
  public Integer call() {
    CheckedModel checked = model.subject(batch).check();
    List<Request> requests = new ArrayList<>();
    requests.add(new Request.Initialise());
    requests.addAll(
        purpose == Purpose.training
            ? Subject.training(checked, false)
            : Subject.using(checked, !plain));
    ExecutionPlan plan = Models.plan(checked, requests);
    List<Step> steps = wanted(plan);
    Limits limits = MachineLimits.measure(Devices.threads(device.threads));
    PrintWriter out = spec.commandLine().getOut();
    try (Device d = device.open();
        Session session = Session.open(plan, d)) {
      if (!json) {
        out.printf(
            "%s, %s: %.0f GFLOP/s, %.1f GB/s%n%n",
            checked.name(),
            d.name(),
            limits.operationsPerSecond() * 1e-9,
            limits.bytesPerSecond() * 1e-9);
        out.flush();
      }
      session.run("init");
      List<Measurement> measured = new ArrayList<>();
      for (Step step : steps) {
        Measurement m = Measurement.of(session, step, limits, seconds);
        measured.add(m);
        if (!json) {
          out.println(m.text(rows));
          out.flush();
        }
      }
      print(out, checked, d, limits, measured);
    }
    return 0;
  }

  private List<Step> wanted(ExecutionPlan plan) {
    List<String> names = new ArrayList<>(plan.steps().keySet());
    names.remove("init");
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
      PrintWriter out, CheckedModel model, Device d, Limits limits, List<Measurement> measured) {
    Optional<PlanReport.Whole> least = whole(model, measured, false);
    Optional<PlanReport.Whole> taken = whole(model, measured, true);
    if (!json) {
      if (taken.isPresent() && only.isEmpty()) {
        double t = taken.get().seconds();
        out.printf(
            "%s: %s, limit %s: %s%n",
            taken.get().name(),
            Table.seconds(t),
            Table.seconds(least.orElseThrow().seconds()),
            Measurement.share(least.orElseThrow().seconds(), t));
      }
      out.flush();
      return;
    }
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("model", model.name());
    m.put("batch", batch);
    m.put("device", d.name());
    m.put("gflops", limits.operationsPerSecond() * 1e-9);
    m.put("gigabytes_per_second", limits.bytesPerSecond() * 1e-9);
    m.put("steps", measured.stream().map(Measurement::json).toList());
    if (taken.isPresent() && only.isEmpty()) {
      m.put("whole", taken.get().name());
      m.put("whole_seconds", taken.get().seconds());
      m.put("whole_least_seconds", least.orElseThrow().seconds());
    }
    out.println(JsonText.of(m));
    out.flush();
  }

  private static Optional<PlanReport.Whole> whole(
      CheckedModel model, List<Measurement> measured, boolean taken) {
    return PlanReport.whole(
        model,
        measured.stream()
            .map(m -> new PlanReport.StepCost(m.step(), m.cost(), taken ? m.seconds() : m.least()))
            .toList());
  }
}
