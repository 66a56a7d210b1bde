package dev.lgc.runtime.simulate;

import dev.lgc.dsl.text.Scaled;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.report.Table;
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

  /** Plans a job that is going to be done by all its ranks. */
  static RanksPlan onRanks(RankJob job) {
    return new RanksPlan(job, new StrategySearch(job).onRanks());
  }

  /** Plans a job. */
  public static RanksPlan of(RankJob job) {
    return new RanksPlan(job, new StrategySearch(job).found());
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
    return byTime(of).stream().filter(StrategyPlan::fits).findFirst();
  }

  /** The strategies that fit, the fastest first. */
  List<StrategyPlan> byTime() {
    return byTime(strategies);
  }

  private static List<StrategyPlan> byTime(List<StrategyPlan> of) {
    return of.stream()
        .filter(s -> s.seconds().isPresent())
        .sorted(Comparator.comparingDouble(s -> s.seconds().getAsDouble()))
        .toList();
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
        "%s, %s too much", Scaled.bytesUp(s.bytes()), Table.bytes(s.bytes() - job.memory()));
  }

  /** The verdict on each strategy, a sentence each. */
  List<String> verdicts() {
    return strategies.stream().map(s -> s.strategy().title() + ": " + verdict(s)).toList();
  }

  /** The reason why a strategy is taken or not. */
  String verdict(StrategyPlan s) {
    String each = s.strategy().isAlone() ? "" : " on each rank";
    if (s.estimate().isPresent()) {
      double seconds = s.estimate().getAsDouble();
      return Text.format(
          "not taken, as it is slower by about %s: about %s a step, at most %s%s",
          Table.seconds(seconds - taken().orElseThrow().forecast().orElseThrow().seconds()),
          Table.seconds(seconds),
          Table.bytes(s.bytes()),
          each);
    }
    if (!s.fits()) {
      return Text.format(
          "not taken, as it does not fit: needs at least %s%s, %s too much",
          Scaled.bytesUp(s.bytes()), each, Table.bytes(s.bytes() - job.memory()));
    }
    StrategyPlan.Forecast f = s.forecast().orElseThrow();
    String cost =
        Text.format("%s a step, %s%s", Table.seconds(f.seconds()), Table.bytes(s.bytes()), each);
    StrategyPlan best = taken().orElseThrow();
    if (best.equals(s)) {
      return "taken, as the fastest that fits: " + cost;
    }
    double more = f.seconds() - best.forecast().orElseThrow().seconds();
    return Text.format("not taken, as it is slower by %s: %s", Table.seconds(more), cost);
  }
}
