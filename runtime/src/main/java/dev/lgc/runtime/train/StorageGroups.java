package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import java.util.List;
import java.util.stream.Stream;

/**
 * Sizes of the groups of ranks that store what is trained together, by the run's {@code strategy}.
 *
 * <pre>
 * 1           data-parallel: each rank stores all
 * 2, 4, …     hybrid: a group stores all, and there are several groups
 * all ranks   fully sharded
 * </pre>
 */
public final class StorageGroups {
  private StorageGroups() {}

  /**
   * The sizes that a run may have, the one that communicates least first. There is one where the
   * run says its strategy.
   *
   * @param ranks of the run, a power of two
   * @param perHost neighbouring ranks on each machine; 1 if neighbours are on different ones
   * @throws UserError if the ranks cannot be divided into groups of the size that the run wants
   */
  public static List<Integer> of(RunFile run, int ranks, int perHost) {
    RunConfig c = run.config();
    if (c.strategy().isEmpty()) {
      return Stream.of(1, perHost, ranks).filter(n -> ranks % n == 0).distinct().toList();
    }
    return switch (c.strategy().get()) {
      case DATA_PARALLEL -> List.of(1);
      case FULLY_SHARDED -> List.of(ranks);
      case HYBRID -> List.of(hybrid(run, ranks, perHost));
    };
  }

  private static int hybrid(RunFile run, int ranks, int perHost) {
    // A run may go on with fewer ranks than its groups had.
    int group = Math.min(ranks, run.config().group().orElse(perHost));
    if (Integer.bitCount(group) != 1 || ranks % group != 0) {
      throw UserError.setting(
          run.place("group"),
          "the ranks cannot be divided into groups of " + group,
          ranks + " ranks",
          "a power of two that divides the ranks",
          "`strategy: data_parallel` and `fully_sharded` do with any number of ranks");
    }
    return group;
  }
}
