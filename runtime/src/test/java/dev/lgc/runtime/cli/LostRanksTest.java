package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs that lose ranks again and again, at random moments, have the bits of one that never did. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 3, unit = TimeUnit.HOURS)
@Tag("backend")
final class LostRanksTest {
  /** Faults of each kind: {@code -Dlgc.test.faults=100} for a longer run. */
  private static final int FAULTS = Integer.getInteger("lgc.test.faults", 3);

  /** Seconds in which ranks must have come together here. */
  private static final int MEET = 8;

  /** From a fault until all ranks have ended, and some more on a machine that does much else. */
  private static final double END = 30;

  /** A moment while ranks start, or while they train. */
  private record Moment(boolean early, int millis) {
    static Moment of(Random random) {
      boolean early = random.nextInt(4) == 0;
      return new Moment(early, random.nextInt(early ? 3000 : 400));
    }

    String kind(String fault) {
      return fault + (early ? " at the start" : "");
    }
  }

  @TempDir private Path dir;
  private RankRuns runs;
  private Random random;

  /** Seconds until the end, by fault. */
  private final TreeMap<String, List<Double>> seconds = new TreeMap<>();

  @BeforeEach
  void begin() throws InterruptedException {
    RankRuns.requireMpi();
    long seed = Long.getLong("lgc.fuzz.seed", System.nanoTime());
    System.out.println("lost ranks: seed " + seed + " (-Dlgc.fuzz.seed=" + seed + ")");
    random = new Random(seed);
    runs = new RankRuns(dir);
  }

  @AfterEach
  void report() {
    seconds.forEach(
        (kind, all) -> {
          String sorted =
              all.stream()
                  .sorted()
                  .map(s -> Text.format("%.1f", s))
                  .collect(Collectors.joining(" "));
          System.out.println(Text.format("%s: %d, s until the end: %s", kind, all.size(), sorted));
        });
  }

  private void await(Moment moment, String folder, ChildProcess child) throws Exception {
    if (moment.early()) {
      while (child.findRank(0).isEmpty() || child.findRank(1).isEmpty()) {
        assertTrue(child.isAlive(), child.said());
        Thread.sleep(10);
      }
    } else {
      runs.awaitSteps(folder, runs.newest(folder) + RankRuns.EVERY, child);
    }
    Thread.sleep(moment.millis());
  }

  private interface Check {
    boolean isTrue() throws Exception;
  }

  /** Waits for the end that a fault leads to, and notes how long it took. */
  private void await(Check end, String kind, double most, ChildProcess child) throws Exception {
    long start = System.nanoTime();
    double passed = 0;
    while (!end.isTrue()) {
      passed = (System.nanoTime() - start) / 1e9;
      assertTrue(passed < most, kind + ": not ended after " + passed + " s: " + child.said());
      Thread.sleep(20);
    }
    seconds.computeIfAbsent(kind, _ -> new ArrayList<>()).add(passed);
  }

  @Test
  void ranksThatAreKilledOrHang() throws Exception {
    List<String> signals = new ArrayList<>();
    for (int i = 0; i < FAULTS; i++) {
      signals.addAll(List.of("KILL", "STOP"));
    }
    Collections.shuffle(signals, random);
    String strategy = random.nextBoolean() ? "fully_sharded" : "data_parallel";
    System.out.println("lost ranks: " + strategy);
    Path run = runs.file("lossy", 1_000_000, "strategy: " + strategy);
    String restarts = Integer.toString(signals.size());
    List<String> flags = List.of("-Dlgc.meet.seconds=" + MEET);
    try (ChildProcess child =
        ChildProcess.of(
            dir,
            flags,
            Main.class,
            "train",
            run.toString(),
            "--ranks",
            "2",
            "--restarts",
            restarts)) {
      for (int i = 0; i < signals.size(); i++) {
        Moment moment = Moment.of(random);
        await(moment, "lossy", child);
        int rank = random.nextInt(2);
        ChildProcess.send(signals.get(i), child.rank(rank));
        String said = "restart " + (i + 1) + " of ";
        await(
            () -> {
              boolean begins = child.err().contains(said);
              assertTrue(begins || child.isAlive(), child::said);
              return begins;
            },
            moment.kind(signals.get(i)),
            END + (moment.early() ? MEET : 0),
            child);
      }
      runs.awaitSteps("lossy", runs.newest("lossy") + RankRuns.EVERY, child);
      child.send("TERM");
      assertEquals(143, child.await(), child.said());
    }
    runs.requireBitsOfOneProcess("lossy");
  }

  @Test
  void hostsWhoseLinkIsCut() throws Exception {
    try (TwoHosts hosts = hosts()) {
      String strategy = random.nextBoolean() ? "fully_sharded" : "data_parallel";
      System.out.println("cut links: " + strategy);
      String run = runs.file("cut", 1_000_000, "strategy: " + strategy).toString();
      List<String> flags = List.of("-Dlgc.meet.seconds=" + MEET);
      for (int i = 0; i < FAULTS; i++) {
        Moment moment = Moment.of(random);
        boolean first = random.nextBoolean();
        try (ChildProcess child = hosts.lgc(flags, "train", run)) {
          await(moment, "cut", child);
          List<ProcessHandle> ranks = List.of(child.rank(0), child.rank(1));
          hosts.cut(first);
          // The launcher waits longer for a host that it cannot reach.
          await(
              () -> ranks.stream().noneMatch(ProcessHandle::isAlive),
              moment.kind("cut link"),
              END + (moment.early() ? MEET : 0),
              child);
          assertTrue(child.err().contains("error: rank "), child.said());
        }
        hosts.mend(first);
      }
      try (ChildProcess child = hosts.lgc("train", run)) {
        runs.awaitSteps("cut", runs.newest("cut") + RankRuns.EVERY, child);
        ChildProcess.send("TERM", child.rank(0));
        child.await();
        assertTrue(child.err().contains("interrupted: saved after step "), child.said());
      }
    }
    runs.requireBitsOfOneProcess("cut");
  }

  private TwoHosts hosts() throws InterruptedException {
    try {
      return TwoHosts.make(dir);
    } catch (IOException e) {
      return abort("this machine makes no hosts to test with: " + e.getMessage());
    }
  }
}
