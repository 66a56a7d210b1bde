package dev.lgc.runtime.simulate;

import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dist.Traffic;
import dev.lgc.runtime.io.BadInputException;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The ranks of a run, as many neighbours on each host, and what connects them.
 *
 * <p>A collective takes its rounds times the latency, and then the longest of what goes on at a
 * time: a rank's bytes to others of its host; the bytes of all ranks of a host through the host's
 * link; and making messages, which a thread of the rank does one after the other.
 *
 * @param ranks a power of two
 * @param hosts that have as many ranks each
 * @param within between ranks of a host
 * @param between from each host to the others
 */
public record Network(int ranks, int hosts, Link within, Link between) {
  /** The most ranks of a run that can be planned. */
  public static final int MOST_RANKS = 1024;

  /** Seconds of a rank's processor to send a message and get one: see {@link Link#MEMORY}. */
  private static final double MESSAGE = 0.9e-6;

  public Network {
    if (Integer.bitCount(ranks) != 1 || ranks < 1 || hosts < 1 || ranks % hosts != 0) {
      throw new IllegalArgumentException(ranks + " ranks on " + hosts + " hosts");
    }
  }

  /**
   * Ranks that a user asks for.
   *
   * @param link that of the hosts, or of the ranks if there is one host; empty for a usual one
   * @param within between the ranks of a host, where there are several hosts; empty for a usual one
   */
  public static Network of(int ranks, int hosts, Optional<Link> link, Optional<Link> within) {
    if (Integer.bitCount(ranks) != 1) {
      throw new BadInputException(
          "--ranks " + ranks, "a power of two: 1, 2, 4, 8, …", "ranks add in a balanced tree");
    }
    if (ranks % hosts != 0) {
      throw new BadInputException(
          Text.format("--ranks %d with --hosts %d", ranks, hosts),
          "as many ranks on each host",
          "");
    }
    return hosts == 1
        ? new Network(ranks, 1, link.orElse(Link.MEMORY), Link.NETWORK)
        : new Network(ranks, hosts, within.orElse(Link.MEMORY), link.orElse(Link.NETWORK));
  }

  /** Ranks of each host. */
  public int perHost() {
    return ranks / hosts;
  }

  /** The links that the time of collectives follows from, in words. */
  public String links() {
    return slowest().text()
        + (hosts == 1 ? " between ranks, " : " between hosts, ")
        + slowest().how();
  }

  /** The link that is slower for what is exchanged among all. */
  Link slowest() {
    return hosts == 1 ? within : between;
  }

  /** Bytes that a rank sends for a collective, and gets. */
  long sent(Collective op, List<Long> tensors) {
    return sent(op, tensors, 1);
  }

  /** The same with operands that sums widen, as {@link Traffic} has it. */
  long sent(Collective op, List<Long> tensors, int widening) {
    int size = op.group().size();
    return Traffic.of(op, size, tensors, widening).perPartner() * (size - 1);
  }

  /** The things that a collective may wait for. */
  enum Bound {
    RANKS("bytes between the ranks of a host"),
    HOSTS("bytes through the link of each host"),
    MESSAGES("messages, each of which takes a rank's processor 0.9 µs"),
    LATENCY("rounds that wait for each other");

    private final String words;

    Bound(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /**
   * The time of a collective.
   *
   * @param bound the cause of most of it
   * @param messages that a rank sends
   */
  record Time(double seconds, Bound bound, long messages) {}

  /**
   * The time of a collective.
   *
   * @param tensors bytes of each of its operands
   */
  Time time(Collective op, List<Long> tensors) {
    return time(op, tensors, 1);
  }

  /** The same with operands that sums widen, as {@link Traffic} has it. */
  Time time(Collective op, List<Long> tensors, int widening) {
    RankGroup group = op.group();
    Traffic traffic = Traffic.of(op, group.size(), tensors, widening);
    int here = Math.clamp(perHost() / group.stride(), 1, group.size());
    int elsewhere = group.size() - here;
    double latency = traffic.rounds() * (elsewhere > 0 ? between.latency() : within.latency());
    Map<Bound, Double> times = new EnumMap<>(Bound.class);
    times.put(Bound.RANKS, traffic.perPartner() * (here - 1.0) / within.bytesPerSecond());
    times.put(
        Bound.HOSTS,
        (double) traffic.perPartner() * elsewhere * perHost() / between.bytesPerSecond());
    times.put(Bound.MESSAGES, traffic.messages() * MESSAGE);
    double longest = Collections.max(times.values());
    times.put(Bound.LATENCY, latency);
    Bound bound = Collections.max(times.entrySet(), Map.Entry.comparingByValue()).getKey();
    return new Time(latency + longest, bound, traffic.messages());
  }
}
