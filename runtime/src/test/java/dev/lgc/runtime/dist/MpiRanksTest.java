package dev.lgc.runtime.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks that are processes, started by {@code mpirun}; skipped where there is none. */
@Tag("pure")
final class MpiRanksTest {
  private static final long SEED = Long.getLong("lgc.seed", System.nanoTime());

  /** Ten seconds, and as many again on a machine that does much else. */
  private static final Duration END = Duration.ofSeconds(20);

  @BeforeEach
  void thereIsAnMpi() {
    assumeTrue(MpiFiles.launcher().isPresent(), "no mpirun: install openmpi-bin");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void collectivesHaveTheBitsOfNaiveSums(int ranks) throws Exception {
    try (RankProcesses p = RankProcesses.start(ranks, "check", Long.toString(SEED))) {
      int code = p.waitFor(Duration.ofMinutes(5));
      assertEquals(0, code, p::output);
      for (int r = 0; r < ranks; r++) {
        assertTrue(p.output().contains("rank " + r + " of " + ranks + " is right"), p::output);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void theLibrarysSumsAreNearOurs(int ranks) throws Exception {
    try (RankProcesses p = RankProcesses.start(ranks, "library", Long.toString(SEED))) {
      int code = p.waitFor(Duration.ofMinutes(5));
      assertEquals(0, code, p::output);
      for (int r = 0; r < ranks; r++) {
        assertTrue(p.output().contains("rank " + r + " of " + ranks + " is right"), p::output);
      }
    }
  }

  /** The rank that is lost: each in turn where there is time, else one. */
  static IntStream lost() {
    return Integer.getInteger("lgc.fuzz.seconds", 0) > 0 ? IntStream.range(0, 3) : IntStream.of(1);
  }

  @ParameterizedTest
  @MethodSource("lost")
  void aKilledRankEndsAll(int lost) throws Exception {
    Random random = new Random(SEED + lost);
    try (RankProcesses p = RankProcesses.start(3, "endure")) {
      List<ProcessHandle> ranks = p.ranks();
      Thread.sleep(random.nextInt(500));
      ranks.get(lost).destroyForcibly();
      // The launcher, too, notices it, and may end the others before one speaks.
      assertEnd(p, lost, "its process ended", 0);
    }
  }

  @ParameterizedTest
  @MethodSource("lost")
  void aRankThatHangsEndsAllButAPauseDoesNot(int lost) throws Exception {
    Random random = new Random(SEED + lost);
    try (RankProcesses p = RankProcesses.start(3, "endure")) {
      List<ProcessHandle> ranks = p.ranks();
      Thread.sleep(random.nextInt(500));
      RankProcesses.signal("STOP", ranks.get(lost));
      Thread.sleep(1500);
      RankProcesses.signal("CONT", ranks.get(lost));
      Thread.sleep(500);
      assertTrue(ranks.stream().allMatch(ProcessHandle::isAlive), p::output);
      assertTrue(p.errors().isEmpty(), p::output);
      RankProcesses.signal("STOP", ranks.get(lost));
      assertEnd(p, lost, "no sign of life for 8 s", 1);
    }
  }

  /**
   * All ranks are gone soon, after one message about the rank that was lost.
   *
   * @param least number of messages: 0 where there may be none
   */
  private static void assertEnd(RankProcesses p, int lost, String why, int least) throws Exception {
    long start = System.nanoTime();
    int code = p.waitFor(END);
    String took = Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms";
    System.out.println("rank " + lost + " lost, seed " + SEED + ": all ended after " + took);
    String all = "seed " + SEED + ", " + took + ": " + p.output();
    assertNotEquals(0, code, all);
    for (ProcessHandle rank : p.ranks()) {
      for (int wait = 0; wait < 100 && !RankProcesses.hasEnded(rank); wait++) {
        Thread.sleep(100);
      }
      assertTrue(RankProcesses.hasEnded(rank), all);
    }
    assertTrue(p.errors().size() >= least && p.errors().size() <= 1, all);
    for (String message : p.errors()) {
      assertTrue(message.startsWith("error: rank " + lost + " of 3 on "), all);
      assertTrue(message.contains(" is lost: " + why + "; last heard of: "), all);
    }
  }

  @Test
  void anExceptionOfOneRankEndsAll() throws Exception {
    try (RankProcesses p = RankProcesses.start(2, "throw")) {
      int code = p.waitFor(END.multipliedBy(3));
      assertEquals(1, code, p::output);
      assertEquals(1, p.errors().size(), p::output);
      String message = p.errors().getFirst();
      assertTrue(message.startsWith("error: rank 1 of 2 on "), message);
      assertTrue(message.contains("an exception of a test"), message);
    }
  }
}
