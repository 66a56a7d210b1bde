package dev.lgc.runtime.simulate;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.report.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The strategies for a training on several ranks, compared: the one that is taken is the fastest
 * that fits into the memory of a rank.
 *
 * @param job what is trained, on what
 * @param strategies each with its time and memory
 */
public record RanksPlan(RankJob job, List<StrategyPlan> strategies) {
  public RanksPlan {
    strategies = List.copyOf(strategies);
  }

  /** Plans a job with every strategy there is. */
  public static RanksPlan of(RankJob job) {
    List<Strategy> all = Strategy.of(job);
    return new RanksPlan(job, all.parallelStream().map(s -> StrategyPlan.of(s, job)).toList());
  }

  /** The fastest strategy that fits; empty if none does. */
  Optional<StrategyPlan> taken() {
    return fastest(strategies);
  }

  /** The strategy to describe: the fastest that fits of those on all ranks, or else of any. */
  StrategyPlan shown() {
    return fastest(strategies.stream().filter(s -> !s.strategy().isAlone()).toList())
        .or(this::taken)
        .orElseThrow();
  }

  private static Optional<StrategyPlan> fastest(List<StrategyPlan> of) {
    return of.stream()
        .filter(StrategyPlan::fits)
        .min(Comparator.comparingDouble(s -> s.forecast().orElseThrow().seconds()));
  }

  /**
   * The reason why no strategy fits, in words.
   *
   * @param needed the least memory with which one would
   */
  public record Misfit(String words, long needed) {}

  /** The reason why no strategy fits; empty if one does. */
  public Optional<Misfit> misfit() {
    if (taken().isPresent()) {
      return Optional.empty();
    }
    String each =
        strategies.stream()
            .map(s -> s.strategy().title() + " takes at least " + least(s))
            .collect(Collectors.joining("; "));
    String words =
        Text.format(
            "training %s on %s does not fit into %s: %s",
            job.model().name(),
            Text.count(job.network().ranks(), "rank"),
            Table.bytes(job.memory()),
            each);
    long needed = strategies.stream().mapToLong(StrategyPlan::bytes).min().orElseThrow();
    return Optional.of(new Misfit(words, needed));
  }

  private String least(StrategyPlan s) {
    return Text.format(
        "%s, %s too much", Table.bytes(s.bytes()), Table.bytes(s.bytes() - job.memory()));
  }

  /** The verdict on each strategy, a sentence each. */
  List<String> verdicts() {
    List<String> all = new ArrayList<>();
    for (StrategyPlan s : strategies) {
      String title = s.strategy().title();
      if (!s.fits()) {
        all.add(Text.format("%s: does not fit. It takes at least %s", title, least(s)));
      } else {
        StrategyPlan.Forecast f = s.forecast().get();
        String cost = Text.format("%s a step, %s", Table.seconds(f.seconds()), memory(s));
        boolean isTaken = taken().filter(s::equals).isPresent();
        all.add(
            isTaken
                ? Text.format("%s: taken, as the fastest that fits. %s", title, cost)
                : Text.format(
                    "%s: not taken. %s; %.3g times as long",
                    title, cost, f.seconds() / taken().orElseThrow().forecast().get().seconds()));
      }
    }
    return all;
  }

  private static String memory(StrategyPlan s) {
    return Table.bytes(s.bytes()) + (s.strategy().isAlone() ? "" : " on each rank");
  }
}
