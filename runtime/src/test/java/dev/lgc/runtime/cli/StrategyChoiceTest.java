package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.dist.HostShare;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.dist.ThreadRanks;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.memory.MemoryBound;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.simulate.Network;
import dev.lgc.runtime.simulate.RankPlanning;
import dev.lgc.runtime.train.TinyRuns;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The strategy of a run is the fastest that fits the memory of all its ranks. */
@Tag("backend")
final class StrategyChoiceTest {
  private static final int RANKS = 4;

  @TempDir private Path dir;

  /** One whose parameters are most of what it stores. */
  private RunFile run(String settings) {
    return TinyRuns.run(
        dir,
        Text.format(
            """
            model: {arch: "%s", name: TinyGenerator, parameters: {dim: 4096}}
            codes: {path: train.codes}
            batch: 4
            steps: 1
            shards: 4
            checkpoint: {dir: out}
            %s
            """,
            TinyRuns.arch(), settings));
  }

  private record Chosen(int group, List<String> said) {}

  /**
   * The group that each rank comes to.
   *
   * @param memory of a rank by its number
   */
  private static List<Chosen> planned(RunFile run, int hosts, ToLongFunction<Integer> memory) {
    return ThreadRanks.run(
        RANKS,
        ranks -> {
          List<String> said = new ArrayList<>();
          MemoryBound bound =
              new MemoryBound(MemoryBound.Kind.MACHINE, "", memory.applyAsLong(ranks.rank()), 0, 0);
          HostShare host = new HostShare(hosts, RANKS / hosts, 1, RANKS / hosts);
          TrainJob job =
              new StrategyChoice(run, ranks, host, Throwable::getMessage)
                  .plan(new MemoryBounds(List.of(bound), 0), said::add);
          return new Chosen(job.parts().group(), said);
        });
  }

  private static long need(RunFile run) {
    return TrainMemory.need(ThreadRanks.run(RANKS, r -> TrainJob.of(run, r)).getFirst()).process();
  }

  @Test
  void theFastestStrategyThatFitsIsTaken() {
    RunFile open = run("");
    long all = need(run("strategy: data_parallel"));
    long half = need(run("strategy: hybrid\ngroup: 2"));
    long quarter = need(run("strategy: fully_sharded"));
    assertTrue(all > half && half > quarter, all + ", " + half + ", " + quarter);
    // The need is an estimate, of which some more has to be there.
    long more = (half - quarter) / 2;
    List<Integer> byTime = byTime(open);
    for (Chosen c : planned(open, 2, r -> 2 * all)) {
      assertEquals(byTime.getFirst(), c.group, "as `lgc plan` takes it");
      assertEquals(1, c.said.size(), c::toString);
      assertTrue(c.said.getLast().contains(", the fastest that fits: about "), c::toString);
      assertTrue(c.said.getLast().endsWith("a network of 100 Gbit/s"), c::toString);
    }
    int within = byTime.stream().filter(group -> group > 1).findFirst().orElseThrow();
    for (Chosen c : planned(open, 2, r -> r == 3 ? half + more : 2 * all)) {
      assertEquals(within, c.group, "the rank with the least memory decides");
      assertTrue(c.said.getLast().startsWith("strategy: "), c::toString);
    }
    for (Chosen c : planned(open, 1, r -> half + more)) {
      assertTrue(c.group > 1, c::toString);
    }
  }

  /** The groups of the strategies of four ranks on two hosts, the fastest first. */
  private static List<Integer> byTime(RunFile run) {
    Network network = Network.of(RANKS, 2, Optional.empty(), Optional.empty());
    HostShare host = new HostShare(2, 2, 1, 2);
    MachineLimits.Known limits =
        MachineLimits.known(Devices.threads(run.config().threads(), host) * 2);
    return List.copyOf(new RankPlanning(network, limits, true).groups(run).keySet());
  }

  @Test
  void aStrategyThatDoesNotFitIsRefusedWithOneThatDoes() {
    RunFile whole = run("strategy: data_parallel");
    long half = need(run("strategy: hybrid\ngroup: 2"));
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> planned(whole, 1, r -> half));
    SharedFailure why = assertInstanceOf(SharedFailure.class, e.getCause());
    assertTrue(
        why.why().getMessage().contains("`strategy: fully_sharded` takes "),
        why.why().getMessage());
  }

  @Test
  void groupsThatRanksCannotFormAreRefused() {
    RunFile run = run("strategy: hybrid\ngroup: 3");
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> planned(run, 1, r -> 1L << 40));
    SharedFailure why = assertInstanceOf(SharedFailure.class, e.getCause());
    assertTrue(why.why().getMessage().contains("groups of 3"), why.why().getMessage());
    // Fewer ranks than in a group are one group.
    RunFile more = run("strategy: hybrid\ngroup: 8");
    assertEquals(RANKS, planned(more, 1, r -> 1L << 40).getFirst().group());
  }
}
