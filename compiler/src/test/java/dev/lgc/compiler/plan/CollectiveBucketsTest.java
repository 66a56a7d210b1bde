package dev.lgc.compiler.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.fuse.FusedCall;
import dev.lgc.compiler.fuse.FusedCollective;
import dev.lgc.compiler.fuse.NodeCall;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.RankGroup;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class CollectiveBucketsTest {
  private static final Collective ALL = new AllReduce(RankGroup.all(4));
  private static final Collective PAIRS = new AllReduce(new RankGroup(2, 1));
  private static final Collective GATHER = new AllGather(RankGroup.all(4));

  private static FusedCollective collective(Collective op, int from) {
    return new FusedCollective(
        op, List.of(from), List.of(from + 100), from, 10, Origin.NONE, op.name());
  }

  private static FusedCall kernel(int stored, Integer... read) {
    Kernel k = new Kernel("k", List.of(), List.of(), List.of());
    return new FusedCall(k, List.of(read), List.of(stored), Origin.NONE, "k");
  }

  /** Calls as their results: {@code 1 101+102} is a kernel and a bucket of two. */
  private static String merged(long bytes, NodeCall... calls) {
    return CollectiveBuckets.of(
            List.of(calls),
            bytes,
            (bucket, c) -> c.bindings().stream().anyMatch(bucket.to()::contains))
        .stream()
        .map(c -> c.stored().stream().map(String::valueOf).collect(Collectors.joining("+")))
        .collect(Collectors.joining(" "));
  }

  @Test
  void neighboursShareACallUntilItIsLargeEnough() {
    NodeCall[] calls = {
      kernel(1), collective(ALL, 1), kernel(2), collective(ALL, 2), kernel(3), collective(ALL, 3)
    };
    assertEquals("1 101 2 102 3 103", merged(10, calls));
    assertEquals("1 2 101+102 3 103", merged(20, calls));
    assertEquals("1 2 101+102 3 103", merged(11, calls));
    assertEquals("1 2 3 101+102+103", merged(1000, calls));
  }

  @Test
  void aBucketIsClosedBeforeACallThatReadsIt() {
    assertEquals(
        "101+102 3 104",
        merged(1000, collective(ALL, 1), collective(ALL, 2), kernel(3, 102), collective(ALL, 4)));
  }

  @Test
  void gathersWaitForNoKernel() {
    assertEquals(
        "101+102 3 104",
        merged(
            1000, collective(GATHER, 1), collective(GATHER, 2), kernel(3), collective(GATHER, 4)));
  }

  @Test
  void otherRanksAndOtherCollectivesAreApartAndInOrder() {
    assertEquals(
        "101 102 103 104+105",
        merged(
            1000,
            collective(ALL, 1),
            collective(PAIRS, 2),
            collective(GATHER, 3),
            collective(ALL, 4),
            collective(ALL, 5)));
  }
}
