package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.HostShare;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryFit;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.output.OutputCheck;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.train.StorageGroups;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainMemory;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The planning of a run on its ranks, before anything is allocated; all ranks come to the same.
 *
 * @param run that is to be trained
 * @param ranks of the run
 * @param host that this rank is on
 * @param text of a failure, for the other ranks
 */
record RunPlanning(RunFile run, Ranks ranks, HostShare host, Function<Throwable, String> text) {

  /**
   * The run as the first of its strategies that fits the memory of all ranks.
   *
   * @param bounds of the memory of this rank
   * @param told what the user should know
   * @throws SharedFailure on all ranks if one cannot be planned, or none fits
   */
  TrainJob plan(MemoryBounds bounds, Consumer<String> told) {
    List<Integer> groups =
        SharedFailure.orNone(
            ranks,
            () -> {
              if (ranks.rank() == 0) {
                OutputCheck.require(run);
              }
              return StorageGroups.of(run, ranks.size(), host.neighbours());
            },
            text);
    for (int group : groups.subList(0, groups.size() - 1)) {
      Optional<TrainJob> job =
          SharedFailure.orNone(ranks, () -> TrainMemory.fitting(() -> of(group), bounds), text);
      if (!Exchange.any(ranks, job.isEmpty())) {
        return sound(() -> job.orElseThrow(), bounds, told);
      }
    }
    return sound(() -> of(groups.getLast()), bounds, told);
  }

  private TrainJob of(int group) {
    return TrainJob.of(run, ranks, group);
  }

  private TrainJob sound(Supplier<TrainJob> planned, MemoryBounds bounds, Consumer<String> told) {
    TrainJob job =
        SharedFailure.orNone(
            ranks,
            () -> {
              TrainJob one = planned.get();
              TrainMemory.require(one, bounds, t -> told.accept("warning: " + t));
              return one;
            },
            text);
    MemoryNeed need = TrainMemory.need(job);
    if (need.copy() > 0) {
      told.accept(memory(need, job, bounds));
    }
    if (run.config().strategy().isEmpty() && job.parts().hasBlocks()) {
      told.accept(
          "strategy: "
              + job.parts().strategy()
              + ", as the memory of a rank is too small for all that is trained");
    }
    return job;
  }

  /** The memory that a rank takes, and more where it saves, in a line. */
  private String memory(MemoryNeed need, TrainJob job, MemoryBounds bounds) {
    // Ranks of a host that write no shard leave their part of the memory to those that do.
    long share = need.copy() * job.parts().group() / host.ranks();
    String copy = Table.bytes(need.copy());
    return Text.format(
        "memory: about %s%s",
        Table.bytes(need.process()),
        MemoryFit.allowsCopy(need.withCopy(share), bounds)
            ? ", and " + copy + " more for a copy while a checkpoint is written beside the steps"
            : "; steps wait while a checkpoint is written, as a copy of " + copy + " does not fit");
  }
}
