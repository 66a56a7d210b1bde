package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.op.Collective;
import dev.lgc.runtime.dist.CollectiveSeconds;
import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.dist.Pending;
import dev.lgc.runtime.dist.Ranks;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
final class StepClockTest {
  /** One of several ranks, whose collectives have taken what a test says. */
  private static final class Told implements Ranks {
    private final Ranks one = new OneRank();
    private CollectiveSeconds so = CollectiveSeconds.NONE;

    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int size() {
      return 2;
    }

    @Override
    public Pending start(Collective op, List<MemorySegment> from, List<MemorySegment> to) {
      return one.start(op, from, to);
    }

    @Override
    public CollectiveSeconds collectives() {
      return so;
    }

    @Override
    public byte[][] gather(byte[] mine) {
      return one.gather(mine);
    }

    @Override
    public void abort(String why, int code) {
      throw new AssertionError(why);
    }

    @Override
    public void close() {}
  }

  @Test
  void onlyCollectivesOfWholeStepsAfterTheFirstOnesCount() {
    Told ranks = new Told();
    StepClock clock = new StepClock(ranks);
    for (int step = 1; step <= 8; step++) {
      assertFalse(clock.tells());
      clock.begin();
      double each = step <= 3 ? 100 : step;
      ranks.so = ranks.so.plus(new CollectiveSeconds(each, each / 4));
      clock.end();
      ranks.so = ranks.so.plus(new CollectiveSeconds(9, 9)); // of held-out losses
      clock.begin(); // a step that is given up
    }
    assertTrue(clock.tells());
    assertEquals(5, clock.steps());
    assertEquals(new CollectiveSeconds(6, 1.5), clock.collectives());
    assertEquals(4.5, clock.collectives().overlapped());
  }

  @Test
  void theShortestAndTheLongestHoldUpAreKnown() {
    StepClock clock = new StepClock(new OneRank());
    assertEquals(0, clock.checkpoints());
    clock.held(3_000_000_000L);
    clock.held(500_000_000L);
    clock.held(1_000_000_000L);
    assertEquals(3, clock.checkpoints());
    assertArrayEquals(new double[] {0.5, 3}, clock.heldSeconds());
  }
}
