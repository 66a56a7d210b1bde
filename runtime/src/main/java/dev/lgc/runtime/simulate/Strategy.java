package dev.lgc.runtime.simulate;

import dev.lgc.compiler.pipeline.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A way to divide training among processes.
 *
 * <p>One process is compiled for few shards, which stand for all: the steps that compute a shard
 * are alike. On ranks, what is compiled is what they would run.
 *
 * @param kind of it
 * @param sharding of the run
 * @param compiled of the plan
 */
record Strategy(Kind kind, Request.Sharding sharding, Request.Sharding compiled) {
  /** Shards of one process that stand for all. */
  private static final int STANDING = 2;

  /** The kinds that there are. */
  enum Kind {
    /** Every rank has all parameters; the ranks' gradients are added up. */
    DATA_PARALLEL(
        "data-parallel",
        "every rank has all parameters and computes its samples; gradients are added up"),
    /** A group of ranks has all parameters; there are several groups. */
    HYBRID(
        "hybrid",
        "the ranks of a group hold parameters, gradients and moments together; the groups'"
            + " gradients are added up"),
    /** All ranks together have all parameters. */
    FULLY_SHARDED(
        "fully sharded",
        "all ranks hold parameters, gradients and moments together; each gathers what it reads"),
    /** All shards one after the other. */
    ONE_PROCESS("one process", "computes all shards, one after the other, to the same bits");

    private final String title;
    private final String meaning;

    Kind(String title, String meaning) {
      this.title = title;
      this.meaning = meaning;
    }
  }

  /**
   * The strategies to plan first: that which is asked for, or else those with the groups that are
   * there anyway. Other group sizes are planned where they may decide.
   *
   * @return on all ranks, those with smaller groups first, and then one process
   */
  static List<Strategy> of(RankJob job) {
    Network network = job.network();
    List<Strategy> all = new ArrayList<>();
    if (network.ranks() > 1) {
      IntStream groups = IntStream.of(1, network.perHost(), network.ranks());
      job.group().stream()
          .boxed()
          .findFirst()
          .map(IntStream::of)
          .orElse(groups)
          .sorted()
          .distinct()
          .forEach(group -> all.add(onRanks(job, group)));
    }
    int shards = Math.min(job.shards(), STANDING);
    all.add(
        new Strategy(
            Kind.ONE_PROCESS,
            new Request.Sharding(job.shards(), 1),
            new Request.Sharding(shards, 1)));
    return all;
  }

  /**
   * The strategy on all ranks.
   *
   * @param group ranks that hold parameters together, a power of two
   */
  static Strategy onRanks(RankJob job, int group) {
    int ranks = job.network().ranks();
    Kind kind = group == 1 ? Kind.DATA_PARALLEL : group == ranks ? Kind.FULLY_SHARDED : Kind.HYBRID;
    Request.Sharding real = new Request.Sharding(job.shards(), ranks, group);
    return new Strategy(kind, real, real);
  }

  /** Its name for people. */
  String title() {
    return kind == Kind.HYBRID ? kind.title + ", groups of " + group() : kind.title;
  }

  /** The same in a sentence, without its subject. */
  String meaning() {
    return kind.meaning;
  }

  /** Ranks that hold parameters together. */
  int group() {
    return sharding.group();
  }

  /** True if one process does all. */
  boolean isAlone() {
    return kind == Kind.ONE_PROCESS;
  }
}
