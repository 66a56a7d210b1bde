package dev.lgc.runtime.simulate;

import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.simulate.Activity.Lane;
import dev.lgc.runtime.simulate.StepSimulation.Exchange;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A plan for several ranks as JSON. */
final class RanksJson {
  private final RanksPlan plan;
  private final RankJob job;
  private final StrategyPlan shown;
  private final StrategyPlan.Forecast forecast;
  private final Timeline timeline;
  private final List<Exchange> exchanges;

  /** Of a plan with a strategy that fits. */
  RanksJson(RanksPlan plan) {
    this.plan = plan;
    this.job = plan.job();
    this.shown = plan.shown();
    this.forecast = shown.forecast().orElseThrow();
    this.timeline = forecast.played().timeline();
    this.exchanges = forecast.played().exchanges();
  }

  Map<String, Object> json() {
    Network n = job.network();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", job.model().name());
    all.put("arguments", job.model().arguments());
    all.put("parameters", job.model().parameterCount());
    all.put("batch", job.batch());
    all.put("ranks", n.ranks());
    all.put("hosts", n.hosts());
    all.put("shards", job.shards());
    all.put("micro_batches", job.micros());
    all.put("samples_of_a_rank", job.batch() / n.ranks());
    all.put("link", n.slowest().json());
    if (n.hosts() > 1) {
      all.put("link_within", n.within().json());
    }
    all.putAll(MachineLimits.json(job.rank().limits()));
    all.put("limits", job.rank().how());
    all.put("strategies", plan.strategies().stream().map(this::json).toList());
    all.put("strategy", shown.strategy().title());
    all.put("step", stepJson());
    all.put("collectives", exchanges.stream().map(this::json).toList());
    return all;
  }

  private Map<String, Object> json(StrategyPlan s) {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("name", s.strategy().title());
    m.put("fits", s.bytes() <= job.memory());
    m.put("compiled", s.estimate().isEmpty());
    m.put("taken", plan.taken().filter(s::equals).isPresent());
    if (!s.strategy().isAlone()) {
      m.put("group", s.strategy().group());
    }
    m.put("verdict", plan.verdict(s));
    m.put("bytes_of_a_rank", s.bytes());
    if (s.fits()) {
      StrategyPlan.Forecast f = s.forecast().get();
      m.put("process_bytes", f.processBytes());
      m.put("copy_bytes", f.copyBytes());
      m.put("seconds", f.seconds());
      if (!s.strategy().isAlone()) {
        m.put("collectives", ExchangeSum.of(f.played()).stream().map(RanksJson::json).toList());
        m.put("overlapped_seconds", f.played().timeline().hidden());
        m.put("exposed_seconds", f.played().timeline().exposed());
        m.put("efficiency", f.played().timeline().efficiency());
        m.put("sent_bytes", f.played().sent());
      }
    } else if (s.estimate().isPresent()) {
      m.put("seconds", s.estimate().getAsDouble());
    } else {
      m.put("bytes_too_many", s.bytes() - job.memory());
    }
    return m;
  }

  private Map<String, Object> stepJson() {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("seconds", forecast.seconds());
    m.put("computing_seconds", timeline.busy(Lane.COMPUTATION));
    m.put("collective_seconds", timeline.busy(Lane.COMMUNICATION));
    m.put("overlapped_seconds", timeline.hidden());
    m.put("exposed_seconds", timeline.exposed());
    m.put("efficiency", timeline.efficiency());
    m.put("samples_per_second", job.batch() / forecast.seconds());
    m.put("sent_bytes", forecast.played().sent());
    m.put("sent_messages", forecast.played().messages());
    return m;
  }

  private Map<String, Object> json(Exchange e) {
    Map<String, Object> m = new LinkedHashMap<>();
    Activity a = timeline.activities().get(e.activity());
    m.put("step", a.step());
    m.put("op", StepSimulation.name(e.op()));
    m.put("ranks", e.op().group().size());
    m.put("tensors", e.tensors());
    m.put("bytes", e.bytes());
    m.put("sent_bytes", e.sent());
    m.put("start_seconds", timeline.starts().get(e.activity()));
    m.put("seconds", a.seconds());
    m.put("bound", e.time().bound().name().toLowerCase(Locale.ROOT));
    m.put("exposed_seconds", timeline.exposed(e.activity()));
    return m;
  }

  private static Map<String, Object> json(ExchangeSum e) {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("step", e.step());
    m.put("op", StepSimulation.name(e.op()));
    m.put("ranks", e.op().group().size());
    m.put("stride", e.op().group().stride());
    m.put("calls", e.calls());
    m.put("bytes", e.bytes());
    m.put("sent_bytes", e.sent());
    m.put("seconds", e.seconds());
    m.put("exposed_seconds", e.exposed());
    return m;
  }
}
