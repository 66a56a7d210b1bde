package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.HostShare;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryFit;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.output.OutputCheck;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.simulate.Network;
import dev.lgc.runtime.simulate.RankPlanning;
import dev.lgc.runtime.train.StorageGroups;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainMemory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The choice of how the ranks of a run store what is trained, before anything is allocated: of the
 * strategies that {@code lgc plan} compares, the fastest that fits the memory of all ranks. All
 * ranks come to the same. It is made at each start, also of a run that resumes.
 *
 * @param run that is to be trained
 * @param ranks of the run
 * @param host that this rank is on
 * @param text of a failure, for the other ranks
 */
record StrategyChoice(RunFile run, Ranks ranks, HostShare host, Function<Throwable, String> text) {

  /**
   * The run with the strategy that is taken.
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
    if (groups.size() == 1 || Integer.bitCount(ranks.size()) != 1) { // the latter is refused
      return sound(() -> of(groups.getFirst()), bounds, told);
    }
    Network network = network();
    Map<Integer, Double> seconds = byTime(network);
    List<Integer> order = new ArrayList<>(seconds.isEmpty() ? groups : seconds.keySet());
    boolean isFastest = true;
    for (int group : order) {
      Optional<TrainJob> job =
          SharedFailure.orNone(ranks, () -> TrainMemory.fitting(() -> of(group), bounds), text);
      if (!Exchange.any(ranks, job.isEmpty())) {
        told.accept(
            Text.format(
                "strategy: %s, the fastest that fits%s: about %s a step, with %s",
                job.orElseThrow().parts().strategy(),
                isFastest ? "" : " the memory of all ranks",
                Table.seconds(seconds.getOrDefault(group, Double.NaN)),
                network.links()));
        return sound(job::orElseThrow, bounds, told);
      }
      isFastest = false;
    }
    return sound(() -> of(groups.getLast()), bounds, told); // the least, which says what it lacks
  }

  /** The ranks and their links, whose speeds nobody has told; all hosts are like this one. */
  private Network network() {
    int hosts = host.hosts() == 1 ? 1 : ranks.size() / host.neighbours();
    return Network.of(ranks.size(), hosts, Optional.empty(), Optional.empty());
  }

  /** The groups by the seconds of their steps, as rank 0 expects them. */
  private Map<Integer, Double> byTime(Network network) {
    String said = SharedFailure.orNone(ranks, () -> ranks.rank() == 0 ? words(network) : "", text);
    Map<Integer, Double> all = new LinkedHashMap<>();
    Exchange.texts(ranks, said)
        .getFirst()
        .lines()
        .map(line -> line.split(" "))
        .forEach(words -> all.put(Integer.valueOf(words[0]), Double.valueOf(words[1])));
    return all;
  }

  private String words(Network network) {
    // This process may use its own processors only.
    int threads = Devices.threads(run.config().threads(), host) * host.ranks();
    MachineLimits.Known limits = MachineLimits.known(threads);
    return new RankPlanning(network, limits, true)
        .groups(run).entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue())
            .collect(Collectors.joining("\n"));
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
