package dev.lgc.runtime.simulate;

import dev.lgc.compiler.op.Collective;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.estimate.PlanReport;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.simulate.Activity.Lane;
import dev.lgc.runtime.simulate.StepSimulation.Exchange;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A plan for several ranks as text and as JSON. */
public final class RanksReport {
  /** Collectives for which computing waits that are named. */
  private static final int NAMED = 5;

  private final RanksPlan plan;
  private final RankJob job;
  private final StrategyPlan shown;
  private final StrategyPlan.Forecast forecast;
  private final Timeline timeline;
  private final List<Exchange> exchanges;

  /** The report of a plan with a strategy that fits. */
  public RanksReport(RanksPlan plan) {
    this.plan = plan;
    this.job = plan.job();
    this.shown = plan.shown();
    this.forecast = shown.forecast().orElseThrow();
    this.timeline = forecast.played().timeline();
    this.exchanges = forecast.played().exchanges();
  }

  /** For people. */
  public String text() {
    StringBuilder s = new StringBuilder();
    s.append(head()).append('\n').append(PlanReport.storage(job.model())).append('\n');
    s.append(shown.strategy().title()).append(": ").append(shown.strategy().meaning());
    s.append('\n').append(step().text(2));
    if (!exchanges.isEmpty()) {
      s.append('\n').append(collectives().text(2));
      s.append(bound()).append(waits());
    }
    s.append("\nstrategies\n");
    plan.verdicts().forEach(v -> s.append("  ").append(v).append('\n'));
    s.append('\n').append(tail());
    return s.toString();
  }

  private String head() {
    Network n = job.network();
    String hosts = n.hosts() == 1 ? "" : Text.format(" of %d hosts", n.hosts());
    String ranks =
        n.ranks() == 1
            ? "1 rank"
            : Text.format(
                "%d ranks%s: %s for each rank and step",
                n.ranks(), hosts, Text.count(job.batch() / n.ranks(), "sample"));
    String shards = job.shards() == n.ranks() ? "" : Text.format(", `shards: %d`", job.shards());
    String micros = job.micros() == 1 ? "" : Text.format(", `micro_batches: %d`", job.micros());
    return Text.format(
        "%s, batch %d on %s%s%s", job.model().name(), job.batch(), ranks, shards, micros);
  }

  private Table step() {
    Table t = new Table();
    t.row("memory of a rank", Table.bytes(shown.bytes()));
    t.row("process, about", Table.bytes(forecast.processBytes()));
    if (forecast.copyBytes() > 0) {
      t.row("copy to save", Table.bytes(forecast.copyBytes()));
    }
    if (exchanges.isEmpty()) {
      return t.row("step", Table.seconds(forecast.seconds()));
    }
    return t.row("computing", Table.seconds(timeline.busy(Lane.COMPUTATION)))
        .row("collectives", Table.seconds(timeline.busy(Lane.COMMUNICATION)))
        .row("  overlapped", Table.seconds(timeline.hidden()))
        .row("  exposed", Table.seconds(timeline.exposed()))
        .row("step", Table.seconds(forecast.seconds()))
        .row("efficiency", Text.format("%.1f %%", 100 * timeline.efficiency()));
  }

  private Table collectives() {
    Table t =
        new Table()
            .row("collectives of a step", "", "bytes", "sent", "time", "overlapped", "exposed");
    for (ExchangeSum e : ExchangeSum.of(forecast.played())) {
      t.row(
          e.step(),
          Text.format("%d %s %s", e.calls(), names(e.op(), e.calls()), e.op().group()),
          Table.bytes(e.bytes()),
          Table.bytes(e.sent()),
          Table.seconds(e.seconds()),
          Table.seconds(e.overlapped()),
          Table.seconds(e.exposed()));
    }
    return t;
  }

  private static String names(Collective op, int n) {
    return StepSimulation.name(op) + (n == 1 ? "" : "s");
  }

  /** The cause of most of the time of collectives. */
  private String bound() {
    Map<Network.Bound, Double> times = new EnumMap<>(Network.Bound.class);
    exchanges.forEach(e -> times.merge(e.time().bound(), e.time().seconds(), Double::sum));
    Network.Bound most = Collections.max(times.entrySet(), Map.Entry.comparingByValue()).getKey();
    return Text.format(
        "  most of the time is for %s; a rank sends %s messages%n",
        most.words(), Table.count(forecast.played().messages()));
  }

  /** The collectives for which computing waits longest. */
  private String waits() {
    List<Exchange> waited =
        exchanges.stream()
            .filter(e -> timeline.exposed(e.activity()) > 0)
            .sorted(
                Comparator.comparingDouble((Exchange e) -> -timeline.exposed(e.activity()))
                    .thenComparing(Exchange::activity))
            .toList();
    if (waited.isEmpty()) {
      return "  computing waits for none of them\n";
    }
    StringBuilder s = new StringBuilder("  computing waits for\n");
    for (Exchange e : waited.subList(0, Math.min(NAMED, waited.size()))) {
      Activity a = timeline.activities().get(e.activity());
      s.append(
          Text.format(
              "    %s  the %s of %s in %s%n",
              Table.seconds(timeline.exposed(e.activity())),
              a.label(),
              Text.count(e.tensors(), "tensor"),
              a.step()));
    }
    int more = waited.size() - NAMED;
    return s.append(more > 0 ? "    and " + more + " more\n" : "").toString();
  }

  private String tail() {
    StringBuilder s = new StringBuilder();
    Network n = job.network();
    if (n.ranks() > 1) {
      String between = n.hosts() == 1 ? "between ranks" : "from each host to the others";
      s.append(Text.format("link: %s %s, %s%n", n.slowest().text(), between, n.slowest().how()));
      if (n.hosts() > 1 && n.perHost() > 1) {
        Link within = n.within();
        s.append(Text.format("      %s within a host, %s%n", within.text(), within.how()));
      }
    }
    s.append(
        Text.format(
            "times at %s for a rank, %s%n",
            MachineLimits.text(job.rank().limits()), job.rank().how()));
    if (job.rank().efficiency().isEmpty()) {
      s.append("computing is the least time, that of perfect kernels\n");
    }
    return s.toString();
  }

  /** For scripts. */
  public Map<String, Object> json() {
    return new RanksJson(plan).json();
  }

  /** The drawing of the step that is described. */
  public String svg() {
    return new ScheduleDrawing(head(), timeline).svg();
  }
}
