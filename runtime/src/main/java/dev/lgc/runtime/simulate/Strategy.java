package dev.lgc.runtime.simulate;

import dev.lgc.compiler.pipeline.Request;
import java.util.ArrayList;
import java.util.List;

/**
 * A way to divide training among processes: the request of a plan.
 *
 * <p>A plan is compiled for few ranks, or shards of one process, where few stand for all: they are
 * alike. Only the norm of the gradients would be cut into more blocks, which takes long to compile.
 *
 * @param kind of it
 * @param sharding of its plan
 * @param alike the number of ranks, or shards of one process, for which each of the plan stands
 */
record Strategy(Kind kind, Request.Sharding sharding, int alike) {
  /** Ranks of a plan, or shards of one process, that stand for all. */
  private static final int STANDING = 2;

  /** The kinds that there are. */
  enum Kind {
    /** Every rank has all parameters; the ranks' gradients are added up. */
    DATA_PARALLEL(
        "data-parallel",
        "every rank has all parameters and computes its samples; gradients are added up"),
    /** All shards one after the other. */
    ONE_PROCESS("one process", "computes all shards, one after the other, to the same bits");

    private final String title;
    private final String meaning;

    Kind(String title, String meaning) {
      this.title = title;
      this.meaning = meaning;
    }
  }

  /** The strategies for a job. */
  static List<Strategy> of(RankJob job) {
    int ranks = job.network().ranks();
    int shards = job.shards();
    List<Strategy> all = new ArrayList<>();
    if (ranks > 1) {
      int alike = Math.ceilDiv(ranks, STANDING);
      Request.Sharding some = new Request.Sharding(shards / alike, ranks / alike);
      all.add(new Strategy(Kind.DATA_PARALLEL, some, alike));
    }
    int alike = Math.ceilDiv(shards, STANDING);
    all.add(new Strategy(Kind.ONE_PROCESS, new Request.Sharding(shards / alike, 1), alike));
    return all;
  }

  /** Its name for people. */
  String title() {
    return kind.title;
  }

  /** The same in a sentence, without its subject. */
  String meaning() {
    return kind.meaning;
  }

  /** True if one process does all. */
  boolean isAlone() {
    return kind == Kind.ONE_PROCESS;
  }
}
