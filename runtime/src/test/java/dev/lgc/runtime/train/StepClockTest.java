package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.dist.CollectiveSeconds;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
final class StepClockTest {
  @Test
  void onlyCollectivesOfWholeStepsAfterTheFirstOnesCount() {
    AtomicReference<CollectiveSeconds> soFar = new AtomicReference<>(CollectiveSeconds.NONE);
    StepClock clock = new StepClock(soFar::get);
    for (int step = 1; step <= 8; step++) {
      assertFalse(clock.tells());
      clock.begin();
      double each = step <= 3 ? 100 : step;
      soFar.set(soFar.get().plus(new CollectiveSeconds(each, each / 4)));
      clock.end();
      soFar.set(soFar.get().plus(new CollectiveSeconds(9, 9))); // of held-out losses
      clock.begin(); // a step that is given up
    }
    assertTrue(clock.tells());
    assertEquals(5, clock.steps());
    assertEquals(new CollectiveSeconds(6, 1.5), clock.collectives());
    assertEquals(4.5, clock.collectives().overlapped());
  }

  @Test
  void theShortestAndTheLongestHoldUpAreKnown() {
    StepClock clock = new StepClock(() -> CollectiveSeconds.NONE);
    assertEquals(0, clock.checkpoints());
    clock.held(3_000_000_000L);
    clock.held(500_000_000L);
    clock.held(1_000_000_000L);
    assertEquals(3, clock.checkpoints());
    assertArrayEquals(new double[] {0.5, 3}, clock.heldSeconds());
  }
}
