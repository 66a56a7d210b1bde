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
import dev.lgc.runtime.memory.MemoryBound;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.train.TinyRuns;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The strategy of a run is the first that fits the memory of all its ranks. */
@Tag("backend")
final class RunPlanningTest {
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
              new RunPlanning(run, ranks, host, Throwable::getMessage)
                  .plan(new MemoryBounds(List.of(bound), 0), said::add);
          return new Chosen(job.parts().group(), said);
        });
  }

  private static long need(RunFile run) {
    return TrainMemory.need(ThreadRanks.run(RANKS, r -> TrainJob.of(run, r)).getFirst()).process();
  }

  @Test
  void theFirstStrategyThatFitsIsTaken() {
    RunFile open = run("");
    long all = need(run("strategy: data_parallel"));
    long half = need(run("strategy: hybrid\ngroup: 2"));
    long quarter = need(run("strategy: fully_sharded"));
    assertTrue(all > half && half > quarter, all + ", " + half + ", " + quarter);
    // The need is an estimate, of which some more has to be there.
    long more = (half - quarter) / 2;
    assertEquals(new Chosen(1, List.of()), planned(open, 2, r -> 2 * all).getFirst());
    for (Chosen c : planned(open, 2, r -> r == 3 ? half + more : 2 * all)) {
      assertEquals(2, c.group, "the rank with the least memory decides");
      assertTrue(
          c.said.getLast().startsWith("strategy: hybrid, in groups of 2 ranks"), c::toString);
    }
    for (Chosen c : planned(open, 1, r -> half + more)) {
      assertEquals(RANKS, c.group, "one machine: hybrid is fully sharded");
    }
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
