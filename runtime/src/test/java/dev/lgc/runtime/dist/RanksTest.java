package dev.lgc.runtime.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.runtime.dist.CollectiveMemory.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One rank, and ranks that are threads: the same collectives with the same bits. */
@Tag("pure")
final class RanksTest {
  private static final long SEED = Long.getLong("lgc.seed", System.nanoTime());

  @Test
  void oneRankKeepsWhatItHas() {
    try (Ranks one = new OneRank()) {
      new RanksCheck(one, SEED, true).all();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 6})
  void threadsAgreeWithNaiveSums(int size) {
    List<Integer> ranks =
        ThreadRanks.run(
            size,
            r -> {
              new RanksCheck(r, SEED, true).all();
              return r.rank();
            });
    assertEquals(IntStream.range(0, size).boxed().toList(), ranks);
  }

  @Test
  void whatEndsOneRankEndsAll() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () ->
                ThreadRanks.run(
                    3,
                    r -> {
                      if (r.rank() == 1) {
                        r.abort("the disk is full", 1);
                      }
                      return r.gather(new byte[1]);
                    }));
    assertTrue(e.getMessage().contains("the disk is full"), e.getMessage());
  }

  @Test
  void anInterruptDoesNotEndTheWaitForACollective() throws Exception {
    try (Arena arena = Arena.ofShared()) {
      List<MemorySegment> x = List.of(arena.allocate(16, 4));
      CollectiveJob job =
          new CollectiveJob(
              new CollectiveMemory(Kind.ALL_REDUCE, List.of(0, 1), 0, x, x),
              16,
              new CollectiveClock());
      FutureTask<Boolean> wait =
          new FutureTask<>(
              () -> {
                job.await();
                return Thread.currentThread().isInterrupted();
              });
      Thread waiting = Thread.ofPlatform().start(wait);
      waiting.interrupt();
      job.next(); // the only piece
      assertThrows(TimeoutException.class, () -> wait.get(300, TimeUnit.MILLISECONDS));
      job.pieceDone();
      assertTrue(wait.get(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void memoryThatDoesNotFitIsRefused() {
    RankGroup two = RankGroup.all(2);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment a = arena.allocate(16, 4);
      MemorySegment b = arena.allocate(8, 4);
      MemorySegment odd = arena.allocate(6, 1);
      refused(new AllReduce(two), a, b);
      refused(new AllGather(two), a, b);
      refused(new ReduceScatter(two), b, a);
      refused(new AllReduce(two), odd, odd);
      refused(new AllReduce(two), a.asSlice(0, 8), a.asSlice(4, 8));
      refused(new AllGather(two), a.asSlice(8, 8), a); // the other rank's block
      refused(new AllReduce(two), a.asSlice(0, 8), a); // BF16 where the sum is to be
      refused(new AllReduce(two), MemorySegment.ofArray(new float[2]), b);
      new CollectiveMemory(Kind.ALL_GATHER, List.of(0, 1), 1, List.of(a.asSlice(8, 8)), List.of(a));
      Collective four = new AllReduce(RankGroup.all(4));
      assertThrows(
          IllegalArgumentException.class, () -> new OneRank().start(four, List.of(a), List.of(a)));
    }
  }

  private static void refused(Collective op, MemorySegment from, MemorySegment to) {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new CollectiveMemory(Kind.of(op), op.group().ranks(0), 0, List.of(from), List.of(to)));
  }
}
