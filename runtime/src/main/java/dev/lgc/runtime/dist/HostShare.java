package dev.lgc.runtime.dist;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The part of a machine that a rank has, if others of its run are on the same machine.
 *
 * @param hosts of the run
 * @param ranks of the run on this machine
 * @param processors for this rank
 * @param neighbours ranks in each of the largest groups of neighbours, a power of two, that are on
 *     one machine throughout the run
 */
public record HostShare(int hosts, int ranks, int processors, int neighbours) {
  /** Of a run of one rank: all of it. */
  public static HostShare whole() {
    return new HostShare(1, 1, Runtime.getRuntime().availableProcessors(), 1);
  }

  /**
   * This rank's part; each rank asks. Ranks that may run on the same processors divide them. A
   * launcher may have given each its own, and whoever started the JVM may have said how many it
   * has.
   */
  public static HostShare of(Ranks ranks) {
    if (ranks.size() == 1) {
      return whole();
    }
    String host = Contact.hostName();
    String mine = host + "\n" + allowed();
    List<String> all = Exchange.texts(ranks, mine);
    int here = (int) all.stream().filter(s -> s.startsWith(host + "\n")).count();
    int same = isToldProcessors() ? 1 : (int) all.stream().filter(mine::equals).count();
    int hosts = (int) all.stream().map(s -> s.lines().findFirst()).distinct().count();
    int own = Math.max(1, Runtime.getRuntime().availableProcessors() / same);
    List<String> names = all.stream().map(s -> s.lines().findFirst().orElse("")).toList();
    return new HostShare(hosts, here, own, neighbours(names));
  }

  /**
   * Ranks in each of the largest groups of neighbours that share a machine.
   *
   * @param hosts names by rank
   */
  static int neighbours(List<String> hosts) {
    int group = Integer.lowestOneBit(hosts.size());
    while (!isWithinHosts(hosts, group)) {
      group /= 2;
    }
    return group;
  }

  private static boolean isWithinHosts(List<String> hosts, int group) {
    return IntStream.range(0, hosts.size())
        .allMatch(r -> hosts.get(r).equals(hosts.get(r / group * group)));
  }

  private static boolean isToldProcessors() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .anyMatch(f -> f.startsWith("-XX:ActiveProcessorCount"));
  }

  /** The processors that Linux lets this process run on; elsewhere all. */
  private static String allowed() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(l -> l.startsWith("Cpus_allowed_list"))
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }
}
