package dev.lgc.runtime.train;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.RankShare;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import java.util.Optional;

/**
 * The equal parts that a batch is computed in, in the order of its samples: shards, and
 * micro-batches of each. Gradients of micro-batches are added one after the other, those of shards
 * in a tree: see {@link Request.Sharding}. Each rank of a run computes neighbouring shards, as many
 * as the others, and stores all that is trained or, with the ranks of its group, a part of it.
 *
 * @param shards of a batch
 * @param micros micro-batches of a shard
 * @param rank of this process, from 0
 * @param ranks of the run
 * @param group neighbouring ranks that store what is trained together; 1 where each stores all
 */
public record BatchParts(int shards, int micros, int rank, int ranks, int group) {
  /** One part: the whole batch in one process. */
  public static final BatchParts ONE = new BatchParts(1, 1, 0, 1, 1);

  /** The setting of a checkpoint that says how many shards its run has. */
  static final String SHARDS = "shards";

  public BatchParts {
    if (micros < 1
        || rank < 0
        || rank >= ranks
        || !isPossible(shards)
        || shards % ranks != 0
        || group < 1
        || ranks % group != 0) {
      throw new IllegalArgumentException(
          Text.format(
              "%d shards of %d micro-batches, rank %d of %d, groups of %d",
              shards, micros, rank, ranks, group));
    }
  }

  /**
   * The parts of a run's batches. A run that does not say how many shards it has resumes with those
   * that it began with, and begins with as many as it has ranks.
   *
   * @throws UserError if a batch cannot be cut into so many, or the shards cannot be shared by the
   *     ranks
   */
  static BatchParts of(RunFile run, Ranks by) {
    return of(run, by.rank(), by.size());
  }

  /** The same of a rank that may not be there. */
  static BatchParts of(RunFile run, int rank, int ranks) {
    RunConfig c = run.config();
    int shards = c.shards().or(() -> begunWith(run)).orElse(ranks);
    if (!isPossible(shards) || shards % ranks != 0) {
      throw UserError.setting(
          run.place(SHARDS),
          "so many ranks cannot share the shards of a batch",
          isPossible(shards) ? ranks + " ranks, `shards: " + shards + "`" : ranks + " ranks",
          isPossible(shards)
              ? "a number of ranks that divides " + shards
              : "a power of two: 1, 2, 4, …",
          isPossible(shards) && c.shards().isEmpty()
              ? "the run began with so many shards, and goes on with them"
              : "");
    }
    if (c.batch() / c.microBatches() % shards != 0) {
      throw UserError.setting(
          run.place("batch"),
          c.shards().isEmpty() && shards == ranks
              ? "`batch` cannot be cut into a shard for each of " + ranks + " ranks"
              : "the run began with " + shards + " shards, which `batch` cannot be cut into",
          c.batch() + " samples, `micro_batches: " + c.microBatches() + "`",
          "`batch` to be divided by the shards and by `micro_batches`",
          shards == ranks ? "" : "or another `checkpoint.dir` for a run with other `shards`");
    }
    return new BatchParts(shards, c.microBatches(), rank, ranks, 1);
  }

  /** The shards of a run's newest checkpoint; a folder that is at fault is told of later. */
  private static Optional<Integer> begunWith(RunFile run) {
    try {
      return new CheckpointFolder(run.resolve(run.config().checkpoint().dir()))
          .latest(w -> {})
          .map(Checkpoint::read)
          .map(saved -> Integer.parseInt(saved.settings().getOrDefault(SHARDS, "1")))
          .filter(BatchParts::isPossible);
    } catch (BadInputException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static boolean isPossible(int shards) {
    return shards > 0 && Integer.bitCount(shards) == 1;
  }

  /** The parts of a batch. */
  public int count() {
    return shards * micros;
  }

  /** The same shards with another number of micro-batches each. */
  BatchParts ofMicros(int other) {
    return new BatchParts(shards, other, rank, ranks, group);
  }

  /** The same where so many neighbouring ranks store what is trained together. */
  BatchParts inGroupsOf(int other) {
    return new BatchParts(shards, micros, rank, ranks, other);
  }

  /** Groups of ranks. */
  int groups() {
    return ranks / group;
  }

  /** The number of this rank's group, from 0. */
  int ofGroup() {
    return rank / group;
  }

  /** The way in which ranks store what is trained, in words. */
  public String strategy() {
    return group == 1
        ? "data_parallel"
        : group == ranks ? "fully_sharded" : "hybrid, in groups of " + group + " ranks";
  }

  /** True if every rank stores a part of what is trained only, so that all compute together. */
  public boolean hasBlocks() {
    return group > 1;
  }

  /** Returns true if this rank writes tensors of a checkpoint. */
  boolean writes() {
    return rank < group;
  }

  /** Returns true if a batch is computed in more than one part. */
  boolean isSplit() {
    return count() > 1;
  }

  /** The settings that cut a batch, in words. */
  String settings() {
    return shards == 1 ? "micro_batches" : micros == 1 ? "shards" : "shards and micro_batches";
  }

  /** Samples in a part of a batch: what {@code b} of the model is bound to. */
  public int samples(RunConfig c) {
    return c.batch() / count();
  }

  /** Shards that this process computes. */
  public int perRank() {
    return shards / ranks;
  }

  /** The number in the batch of the shard at a place among those of this process, from 0. */
  int shard(int place) {
    return rank * perRank() + place;
  }

  /** The number in the batch of a part of this process. */
  int part(int place, int micro) {
    return shard(place) * micros + micro;
  }

  /** The samples of each step that this process learns from. */
  RankShare share() {
    return new RankShare(rank, ranks, perRank() * micros);
  }

  /** The compiler's request for them. */
  Request.Sharding sharding() {
    return new Request.Sharding(shards, ranks, group);
  }
}
