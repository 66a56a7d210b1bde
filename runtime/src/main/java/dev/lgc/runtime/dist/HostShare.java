package dev.lgc.runtime.dist;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The part of a machine that a rank has, if others of its run are on the same machine.
 *
 * @param hosts of the run
 * @param ranks of the run on this machine
 * @param processors for this rank
 */
public record HostShare(int hosts, int ranks, int processors) {
  /** Of a run of one rank: all of it. */
  public static HostShare whole() {
    return new HostShare(1, 1, Runtime.getRuntime().availableProcessors());
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
    return new HostShare(
        hosts, here, Math.max(1, Runtime.getRuntime().availableProcessors() / same));
  }

  /**
   * The ranks on each machine; 1 if machines cannot have equal numbers of them.
   *
   * @param all ranks of the run
   */
  public int ranksEach(int all) {
    return all % hosts == 0 ? all / hosts : 1;
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
