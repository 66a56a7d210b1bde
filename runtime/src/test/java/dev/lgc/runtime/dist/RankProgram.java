package dev.lgc.runtime.dist;

import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * What each rank of {@link MpiRanksTest} does. Its first argument says what, a second is a seed.
 */
final class RankProgram {
  /** Elements of a long tensor: with their results on two ranks, more than 70 MB. */
  private static final int LONG = 17_500_003;

  private RankProgram() {}

  public static void main(String[] args) throws Exception {
    Ranks ranks = MpiRanks.open();
    switch (args[0]) {
      case "check" -> check(ranks, Long.parseLong(args[1]), true);
      case "library" -> {
        ranks.addByLibrary();
        check(ranks, Long.parseLong(args[1]), false);
      }
      case "endure" -> endure(ranks);
      case "throw" -> {
        if (ranks.rank() == 1) {
          throw new IllegalArgumentException("an exception of a test");
        }
        endure(ranks);
      }
      default -> throw new IllegalArgumentException(args[0]);
    }
    ranks.close(); // not after an exception, which ends all ranks
  }

  private static void check(Ranks ranks, long seed, boolean exact) {
    RanksCheck check = new RanksCheck(ranks, seed, exact);
    long began = System.nanoTime();
    check.all();
    checkTime(ranks.collectives(), (System.nanoTime() - began) / 1e9, ranks.size());
    if (ranks.size() == 2) {
      RankGroup two = RankGroup.all(2);
      check.check(new AllReduce(two), true, LONG);
      check.check(new ReduceScatter(two), false, LONG / 2);
      check.check(new AllGather(two), false, LONG / 2);
      check.checkBf16(new AllReduce(two), LONG);
      check.checkBf16(new ReduceScatter(two), LONG / 2);
    }
    catchNull();
    System.out.println("rank " + ranks.rank() + " of " + ranks.size() + " is right");
  }

  private static void checkTime(CollectiveSeconds measured, double all, int ranks) {
    boolean some = measured.underWay() > 0 && measured.exposed() > 0;
    boolean anyIsPossible = ranks > 1 && Integer.bitCount(ranks) == 1;
    if (some != anyIsPossible || Math.max(measured.underWay(), measured.exposed()) > all) {
      throw new AssertionError(measured + " of " + all + " s");
    }
  }

  /** Computes on null, many times, so that the JVM finds out by a signal. */
  private static void catchNull() {
    Object[] objects = new Object[100]; // all but the first are something
    Arrays.fill(objects, 1, 100, "");
    int caught = 0;
    for (int i = 0; i < 200_000; i++) {
      try {
        caught += objects[i % 100].hashCode();
      } catch (NullPointerException e) {
        caught++;
      }
    }
    if (caught != 2000) {
      throw new AssertionError(caught);
    }
  }

  /** Sums and gathers until somebody ends it. */
  private static void endure(Ranks ranks) throws Exception {
    MemorySegment x = Arena.global().allocate(1 << 20, 64);
    RankGroup neighbours = new RankGroup(Integer.lowestOneBit(ranks.size()), 1);
    System.out.println("rank " + ranks.rank() + " is process " + ProcessHandle.current().pid());
    System.out.flush();
    for (int step = 0; ; step++) {
      ranks.progress(step, "adding");
      ranks.start(new AllReduce(neighbours), List.of(x), List.of(x)).await();
      ranks.gather(new byte[step % 100]);
      Thread.sleep(10);
    }
  }
}
