package dev.lgc.runtime.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.simulate.Activity.Lane;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A step in time, against schedules that were computed by hand, and what holds for any. */
@Tag("pure")
final class TimelineTest {
  private static final long SEED = Long.getLong("lgc.seed", System.nanoTime());

  private static Activity kernel(double seconds, Integer... after) {
    return Activity.kernel("s", "k", seconds, List.of(after));
  }

  private static Activity collective(double seconds, Integer... after) {
    return Activity.collective("s", "c", seconds, List.of(after));
  }

  @Test
  void aCollectiveBesideLongerComputingIsHidden() {
    Timeline t = Timeline.of(List.of(kernel(2), collective(3), kernel(4), kernel(1, 1)), List.of());
    assertEquals(7, t.seconds());
    assertEquals(List.of(0.0, 2.0, 2.0, 6.0), t.starts());
    assertEquals(List.of(), t.waits());
    assertEquals(3, t.hidden());
    assertEquals(0, t.exposed());
    assertEquals(1, t.efficiency());
  }

  @Test
  void theRestOfACollectiveIsWaitedFor() {
    Timeline t = Timeline.of(List.of(kernel(2), collective(3), kernel(1), kernel(4, 1)), List.of());
    assertEquals(9, t.seconds());
    assertEquals(List.of(0.0, 2.0, 2.0, 5.0), t.starts());
    assertEquals(List.of(new Timeline.Wait(3, 3, 2)), t.waits());
    assertEquals(1, t.hidden());
    assertEquals(2, t.exposed());
    assertEquals(2, t.exposed(1));
    assertEquals(7.0 / 9, t.efficiency());
  }

  /**
   * Two buckets of a backward part: the first is over before the second is there, which is waited
   * for at the end.
   */
  @Test
  void oneBucketHidesAndTheLastDoesNot() {
    List<Activity> step =
        List.of(kernel(5), collective(2), kernel(3), collective(4), kernel(1), kernel(2, 1, 3));
    Timeline t = Timeline.of(step, List.of());
    assertEquals(14, t.seconds()); // 5 + 3, then 4 of the second bucket, then 2
    assertEquals(0, t.exposed(1));
    assertEquals(3, t.exposed(3));
    assertEquals(3, t.hidden());
  }

  @Test
  void collectivesFollowEachOther() {
    Timeline t = Timeline.of(List.of(kernel(1), collective(5), collective(5)), List.of(1, 2));
    assertEquals(List.of(0.0, 1.0, 6.0), t.starts());
    assertEquals(11, t.seconds());
    assertEquals(5, t.exposed(1));
    assertEquals(5, t.exposed(2));
    assertEquals(1, t.waits().size());
  }

  @Test
  void withoutCollectivesAStepIsItsKernels() {
    assertEquals(3, Timeline.of(List.of(kernel(1), kernel(2)), List.of()).seconds());
    assertEquals(0, Timeline.of(List.of(), List.of()).seconds());
  }

  @Test
  void aStepTakesNoLessThanEachLaneAndNoMoreThanBoth() {
    System.out.println("TimelineTest: seed " + SEED + " (-Dlgc.seed=" + SEED + ")");
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < 2000; i++) {
      List<Activity> step = random(random);
      List<Integer> all = collectives(step);
      Timeline slow = Timeline.of(step, all);
      double computing = slow.busy(Lane.COMPUTATION);
      double communicating = slow.busy(Lane.COMMUNICATION);
      assertTrue(slow.seconds() >= computing - 1e-9, step::toString);
      assertTrue(slow.seconds() >= communicating - 1e-9, step::toString);
      assertTrue(slow.seconds() <= computing + communicating + 1e-9, step::toString);
      assertEquals(computing + slow.exposed(), slow.seconds(), 1e-9);
      double each = all.stream().mapToDouble(slow::exposed).sum();
      assertEquals(slow.exposed(), each, 1e-9, "each wait is for what is communicated in it");
      Timeline fast = Timeline.of(faster(step, random.nextDouble()), all);
      assertTrue(fast.seconds() <= slow.seconds() + 1e-9, "faster collectives are never slower");
    }
  }

  private static List<Activity> random(SplittableRandom random) {
    List<Activity> step = new ArrayList<>();
    for (int i = random.nextInt(30); i > 0; i--) {
      List<Integer> after = new ArrayList<>();
      for (int c : collectives(step)) {
        if (random.nextInt(6) == 0) {
          after.add(c);
        }
      }
      double seconds = random.nextInt(5) == 0 ? 0 : random.nextDouble();
      step.add(
          random.nextInt(3) == 0
              ? Activity.collective("s", "c", seconds, after)
              : Activity.kernel("s", "k", seconds, after));
    }
    return step;
  }

  private static List<Activity> faster(List<Activity> step, double by) {
    return step.stream()
        .map(
            a ->
                a.isCollective()
                    ? Activity.collective(a.step(), a.label(), a.seconds() * by, a.after())
                    : a)
        .toList();
  }

  private static List<Integer> collectives(List<Activity> step) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < step.size(); i++) {
      if (step.get(i).isCollective()) {
        all.add(i);
      }
    }
    return all;
  }
}
