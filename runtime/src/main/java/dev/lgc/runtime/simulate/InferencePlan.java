package dev.lgc.runtime.simulate;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.CollectiveCall;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Scaled;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.estimate.PlanReport;
import dev.lgc.runtime.estimate.PlanReport.StepCost;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.measure.Workload;
import dev.lgc.runtime.model.ParameterShare;
import dev.lgc.runtime.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The cost of inference on several ranks that each have a part of the model ({@link
 * Request.TensorParallel}): that of a rank, and of what the ranks exchange. Computing waits for
 * every collective, as each result is needed at once.
 *
 * @param batch samples in a batch
 * @param report of the plan of a rank
 * @param steps what each step exchanges, in the order of the report
 * @param workload a batch of samples, with what it exchanges; empty if nothing is drawn
 * @param on limits of a rank
 */
public record InferencePlan(
    CheckedModel model,
    int batch,
    Network network,
    PlanReport report,
    List<Exchanged> steps,
    Optional<Exchanged> workload,
    MachineLimits.Known on) {

  /**
   * The collectives of a step.
   *
   * @param sent bytes that a rank sends, and gets
   * @param seconds that they take
   * @param total seconds of the step with them
   */
  public record Exchanged(String name, long calls, long sent, double seconds, double total) {
    private Map<String, Object> json() {
      Map<String, Object> m = new LinkedHashMap<>();
      m.put("name", name);
      m.put("collectives", calls);
      m.put("sent_bytes", sent);
      m.put("collective_seconds", seconds);
      m.put("seconds", total);
      return m;
    }
  }

  /**
   * Plans a model.
   *
   * @param requests of inference
   * @param memory bytes that the tensors of a rank may take
   * @param on limits of a rank
   * @throws BadInputException if they take more
   */
  public static InferencePlan of(
      CheckedModel model,
      int batch,
      List<Request> requests,
      Network network,
      long memory,
      MachineLimits.Known on) {
    if (network.ranks() < 2 || requests.stream().noneMatch(r -> r instanceof Request.Generate)) {
      throw new BadInputException(
          Text.format("inference with %s on %s", model.name(), ranks(network)),
          "a generator on 2 ranks or more",
          "ranks share the parts of a generator; leave out --ranks");
    }
    List<Request> parted = new ArrayList<>(requests);
    parted.add(new Request.TensorParallel(network.ranks()));
    PlanReport report = PlanReport.of(model, List.of(parted), memory, on).getFirst();
    long bytes = report.plan().totalBytes();
    if (bytes > memory) {
      throw new BadInputException(
          Text.format(
              "drawing with %s on %d ranks does not fit into %s",
              model.name(), network.ranks(), Table.bytes(memory)),
          "--memory of at least " + Scaled.bytesUp(bytes),
          "more ranks, a smaller --batch or another --weights-type take less");
    }
    Map<String, Exchanged> steps = new LinkedHashMap<>();
    for (StepCost s : report.steps()) {
      steps.put(s.name(), exchanged(report.plan().step(s.name()), s, network));
    }
    List<StepId> ids = report.plan().steps().values().stream().map(Step::id).toList();
    Optional<Exchanged> all =
        report
            .workload()
            .flatMap(w -> Workload.of(model, ids).map(runs -> sum(w.name(), runs, steps)));
    return new InferencePlan(model, batch, network, report, List.copyOf(steps.values()), all, on);
  }

  private static String ranks(Network network) {
    return Text.count(network.ranks(), "rank");
  }

  private static Exchanged exchanged(Step step, StepCost cost, Network network) {
    long calls = 0;
    long sent = 0;
    double seconds = 0;
    for (var call : step.calls()) {
      if (call instanceof CollectiveCall c) {
        List<Long> tensors = c.from().stream().map(s -> s.type().bytes()).toList();
        calls++;
        sent += network.sent(c.op(), tensors);
        seconds += network.time(c.op(), tensors).seconds();
      }
    }
    return new Exchanged(step.name(), calls, sent, seconds, cost.seconds() + seconds);
  }

  private static Exchanged sum(String name, Workload runs, Map<String, Exchanged> steps) {
    return new Exchanged(
        name,
        (long) runs.seconds(s -> steps.get(s).calls()),
        (long) runs.seconds(s -> steps.get(s).sent()),
        runs.seconds(s -> steps.get(s).seconds()),
        runs.seconds(s -> steps.get(s).total()));
  }

  /** For people. */
  public String text() {
    StringBuilder s = new StringBuilder();
    String hosts = network.hosts() == 1 ? "" : Text.format(" of %d hosts", network.hosts());
    s.append(
        Text.format(
            "%s, batch %d on %d ranks%s, each with a part of the model%n",
            model.name(), batch, network.ranks(), hosts));
    s.append(PlanReport.storage(model)).append('\n');
    s.append(ParameterShare.of(report.plan()).text(network.ranks()))
        .append("\n\non each rank, ")
        .append(report.text());
    Table t = new Table().row("step", "collectives", "sent", "time", "step with them");
    steps.forEach(e -> row(t, e));
    workload.ifPresent(e -> row(t, e));
    s.append('\n').append(t.text(2));
    return s.append(Text.format("%ntimes at %s, %s%n", MachineLimits.text(on.limits()), on.how()))
        .toString();
  }

  private static void row(Table t, Exchanged e) {
    t.row(
        e.name(),
        Table.count(e.calls()),
        Table.bytes(e.sent()),
        Table.seconds(e.seconds()),
        Table.seconds(e.total()));
  }

  /** For scripts. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", model.name());
    all.put("arguments", model.arguments());
    all.put("batch", batch);
    all.put("ranks", network.ranks());
    all.put("hosts", network.hosts());
    all.put("inference", report.json());
    all.put("steps", steps.stream().map(Exchanged::json).toList());
    workload.ifPresent(e -> all.put("whole", e.json()));
    all.putAll(MachineLimits.json(on.limits()));
    all.put("limits", on.how());
    return all;
  }
}
