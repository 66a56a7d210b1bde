package dev.lgc.runtime.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.runtime.io.BadInputException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The time of collectives, against numbers that were computed by hand. */
@Tag("pure")
final class NetworkTest {
  private static final long SEED = Long.getLong("lgc.seed", System.nanoTime());
  private static final long MEGABYTES = 64 << 20;

  private static final Link FAST = new Link(1e12, 0, "");

  private static Network network(int ranks, int hosts, Link link) {
    return Network.of(ranks, hosts, Optional.of(link), Optional.empty());
  }

  private static double seconds(Network n, Collective op, long bytes) {
    return n.time(op, List.of(bytes)).seconds();
  }

  private static Collective allReduce(int ranks) {
    return new AllReduce(RankGroup.all(ranks));
  }

  @Test
  void anAllReduceSendsTwiceAllButTheOwnShare() {
    Network two = network(2, 1, new Link(1e9, 0, ""));
    assertEquals(MEGABYTES, two.sent(allReduce(2), List.of(MEGABYTES)));
    assertEquals(MEGABYTES / 1e9, seconds(two, allReduce(2), MEGABYTES), 1e-9);
    Network eight = network(8, 1, new Link(1e9, 0, ""));
    assertEquals(2 * 7 * MEGABYTES / 8, eight.sent(allReduce(8), List.of(MEGABYTES)));
    assertEquals(2 * 7 / 8.0 * MEGABYTES / 1e9, seconds(eight, allReduce(8), MEGABYTES), 1e-6);
    assertEquals(Network.Bound.RANKS, eight.time(allReduce(8), List.of(MEGABYTES)).bound());
  }

  @Test
  void whatOnlyMovesBytesSendsThemOnce() {
    Network four = network(4, 1, new Link(1e9, 0, ""));
    RankGroup all = RankGroup.all(4);
    assertEquals(3 * MEGABYTES, four.sent(new AllGather(all), List.of(MEGABYTES)));
    assertEquals(3 * MEGABYTES / 4, four.sent(new ReduceScatter(all), List.of(MEGABYTES)));
  }

  @Test
  void theRanksOfAHostShareItsLink() {
    // Each of 4 ranks exchanges with 4 on the other host: 2 / 8 of the bytes with each.
    Network n = network(8, 2, new Link(1e9, 0, ""));
    assertEquals(4 * 4 * 2 / 8.0 * MEGABYTES / 1e9, seconds(n, allReduce(8), MEGABYTES), 1e-6);
    assertEquals(Network.Bound.HOSTS, n.time(allReduce(8), List.of(MEGABYTES)).bound());
    // Neighbours of one host need no link, ranks at the same place of each host only that.
    Network fast = new Network(8, 2, new Link(1e9, 0, ""), FAST);
    assertEquals(
        2 * 3 / 4.0 * MEGABYTES / 1e9,
        seconds(fast, new AllReduce(new RankGroup(4, 1)), MEGABYTES));
    Network slow = new Network(8, 2, FAST, new Link(1e9, 0, ""));
    assertEquals(
        4 * MEGABYTES / 1e9, seconds(slow, new AllReduce(new RankGroup(2, 4)), MEGABYTES), 1e-6);
  }

  @Test
  void aShortSumTakesOneRound() {
    Network n = network(2, 1, new Link(1e12, 1e-3, ""));
    assertEquals(1e-3, seconds(n, allReduce(2), 1024), 1e-5);
    assertEquals(2e-3, seconds(n, allReduce(2), 1 << 20), 1e-4);
    assertEquals(Network.Bound.LATENCY, n.time(allReduce(2), List.of(1024L)).bound());
  }

  @Test
  void manyRanksSendManyMessages() {
    Network n = network(1024, 1, FAST);
    Network.Time time = n.time(allReduce(1024), List.of(MEGABYTES));
    assertEquals(Network.Bound.MESSAGES, time.bound());
    assertEquals(0, time.messages() % (2 * 1023));
  }

  @Test
  void moreBandwidthIsNeverSlower() {
    System.out.println("NetworkTest: seed " + SEED + " (-Dlgc.seed=" + SEED + ")");
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < 2000; i++) {
      int ranks = 2 << random.nextInt(10);
      int hosts = 1 << random.nextInt(Integer.numberOfTrailingZeros(ranks) + 1);
      double rate = Math.exp(random.nextDouble(15, 27));
      long bytes = random.nextLong(1, 1 << 28);
      Link link = new Link(rate, random.nextDouble(1e-3), "");
      Link more = new Link(rate * random.nextDouble(1, 100), link.latency(), "");
      Collective op = allReduce(ranks);
      double slow = seconds(network(ranks, hosts, link), op, bytes);
      double fast = seconds(network(ranks, hosts, more), op, bytes);
      assertTrue(fast <= slow, link + " takes " + slow + ", " + more + " takes " + fast);
    }
  }

  @Test
  void aLinkIsTwoNumbers() {
    assertEquals(new Link(12.5e9, 20e-6, "as given"), Link.parse("--link", " 12.5 , 20 "));
    assertEquals("12.5 GB/s, 20 µs", Link.parse("--link", "12.5,20").text());
    assertEquals("1.1 GB/s, 0 µs", Link.parse("--link", "1.1,0").text());
    assertEquals("450 GB/s, 1 µs", Link.parse("--link", "450,1").text());
    for (String bad : List.of("", "1", "0,1", "1,-1", "1,1,1", "a,1", "1e9,1", "NaN,1")) {
      assertThrows(BadInputException.class, () -> Link.parse("--link", bad), bad);
    }
  }
}
