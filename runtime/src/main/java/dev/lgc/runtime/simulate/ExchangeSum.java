package dev.lgc.runtime.simulate;

import dev.lgc.compiler.op.Collective;
import dev.lgc.runtime.simulate.StepSimulation.Exchange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The collectives of one kind, over the same group, in one step of a plan.
 *
 * @param step its name
 * @param bytes as of {@link Exchange}
 * @param sent bytes that a rank sends, and gets
 * @param seconds that they take
 * @param exposed seconds of them for which computing waits
 */
record ExchangeSum(
    String step, Collective op, int calls, long bytes, long sent, double seconds, double exposed) {
  private record Kind(String step, Collective op) {}

  /** The collectives of a step, in the order of the first of each kind. */
  static List<ExchangeSum> of(StepSimulation.Played played) {
    Timeline timeline = played.timeline();
    Map<Kind, List<Exchange>> kinds = new LinkedHashMap<>();
    for (Exchange e : played.exchanges()) {
      Kind kind = new Kind(timeline.activities().get(e.activity()).step(), e.op());
      kinds.computeIfAbsent(kind, _ -> new ArrayList<>()).add(e);
    }
    List<ExchangeSum> sums = new ArrayList<>();
    kinds.forEach((kind, all) -> sums.add(of(kind, all, timeline)));
    return sums;
  }

  private static ExchangeSum of(Kind kind, List<Exchange> all, Timeline timeline) {
    double seconds = 0;
    double exposed = 0;
    for (Exchange e : all) {
      seconds += timeline.activities().get(e.activity()).seconds();
      exposed += timeline.exposed(e.activity());
    }
    return new ExchangeSum(
        kind.step,
        kind.op,
        all.size(),
        all.stream().mapToLong(Exchange::bytes).sum(),
        all.stream().mapToLong(Exchange::sent).sum(),
        seconds,
        exposed);
  }

  /** Seconds that overlap with computing. */
  double overlapped() {
    return Math.max(0, seconds - exposed);
  }
}
