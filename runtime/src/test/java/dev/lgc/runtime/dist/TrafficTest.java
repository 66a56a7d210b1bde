package dev.lgc.runtime.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.runtime.dist.CollectiveMemory.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The counted pieces of a collective are those into which a job is cut. */
@Tag("pure")
final class TrafficTest {
  private static final long SEED = Long.getLong("lgc.seed", System.nanoTime());

  @Test
  void messagesAreThoseOfTheJob() {
    System.out.println("TrafficTest: seed " + SEED + " (-Dlgc.seed=" + SEED + ")");
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < 100; i++) {
      int ranks = 2 << random.nextInt(8);
      long bytes = 4 * random.nextLong(600, 1 << 21);
      AllReduce op = new AllReduce(RankGroup.all(ranks));
      Traffic traffic = Traffic.of(op, ranks, List.of(bytes));
      long pieces = pieces(ranks, bytes);
      assertEquals(2 * pieces * (ranks - 1), traffic.messages(), ranks + " ranks, " + bytes);
      assertEquals(2 * Math.ceilDiv(pieces, MpiThread.SLOTS), traffic.rounds());
    }
  }

  private static long pieces(int ranks, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment tensor = arena.allocate(bytes, 8);
      List<Integer> group = IntStream.range(0, ranks).boxed().toList();
      CollectiveMemory memory =
          new CollectiveMemory(Kind.ALL_REDUCE, group, 0, List.of(tensor), List.of(tensor));
      CollectiveJob job =
          new CollectiveJob(
              memory, Piece.most(Kind.ALL_REDUCE, ranks, MpiThread.SCRATCH), new CollectiveClock());
      long n = 0;
      while (!job.isCut()) {
        job.next();
        n++;
      }
      return n;
    }
  }

  @Test
  void gradientsInBf16AreHalfTheBytesAndTheirSumsAreNot() {
    RankGroup four = RankGroup.all(4);
    List<Long> wide = List.of(8L << 20);
    List<Long> narrow = List.of(4L << 20);
    ReduceScatter scatter = new ReduceScatter(four);
    assertEquals(
        Traffic.of(scatter, 4, wide).perPartner() / 2,
        Traffic.of(scatter, 4, narrow, 2).perPartner());
    AllReduce all = new AllReduce(four);
    assertEquals(
        Traffic.of(all, 4, wide).perPartner() * 3 / 4, Traffic.of(all, 4, narrow, 2).perPartner());
  }

  @Test
  void aGroupOfOneSendsNothing() {
    assertEquals(Traffic.NONE, Traffic.of(new AllReduce(RankGroup.all(1)), 1, List.of(1L << 20)));
  }
}
