package dev.lgc.runtime.memory;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * All bounds on the memory of this process.
 *
 * @param all what bounds it; empty if the system says nothing
 * @param resident bytes of memory that the process takes already, but for pages of files
 */
public record MemoryBounds(List<MemoryBound> all, long resident) {
  public MemoryBounds {
    all = List.copyOf(all);
  }

  /** Those of this process, now. */
  public static MemoryBounds here() {
    MemoryBounds linux = of(Path.of("/"));
    return linux.all.isEmpty() ? elsewhere() : linux;
  }

  /**
   * Those that Linux tells of.
   *
   * @param root of the file system: {@code proc} and {@code sys} are there
   */
  static MemoryBounds of(Path root) {
    Path proc = root.resolve("proc");
    Map<String, Long> status = ProcFiles.values(proc.resolve("self/status"));
    Map<String, Long> machine = ProcFiles.values(proc.resolve("meminfo"));
    List<MemoryBound> all = new ArrayList<>(ControlGroups.bounds(root, swapFree(machine)));
    ProcFiles.limit(proc, "Max address space")
        .ifPresent(n -> all.add(shell(MemoryBound.Kind.ADDRESS_SPACE, n, status.get("VmSize"))));
    ProcFiles.limit(proc, "Max data size")
        .ifPresent(n -> all.add(shell(MemoryBound.Kind.DATA, n, status.get("VmData"))));
    Long total = machine.get("MemTotal");
    Long available = machine.getOrDefault("MemAvailable", machine.get("MemFree"));
    if (total != null && available != null) {
      all.add(
          new MemoryBound(
              MemoryBound.Kind.MACHINE, "", total, total - available, swapFree(machine)));
    }
    Long commit = machine.get("CommitLimit");
    if (commit != null
        && ProcFiles.number(proc.resolve("sys/vm/overcommit_memory")).orElse(0) == 2) {
      long used = machine.getOrDefault("Committed_AS", 0L);
      all.add(new MemoryBound(MemoryBound.Kind.COMMIT, "", commit, used, 0));
    }
    long own = status.getOrDefault("RssAnon", status.getOrDefault("VmRSS", 0L));
    return new MemoryBounds(all, own);
  }

  private static long swapFree(Map<String, Long> machine) {
    return machine.getOrDefault("SwapFree", 0L);
  }

  private static MemoryBound shell(MemoryBound.Kind kind, long limit, Long used) {
    return new MemoryBound(kind, "", limit, used == null ? 0 : used, 0);
  }

  /** The machine's memory in all, where the system does not say how much of it is left. */
  private static MemoryBounds elsewhere() {
    if (java.lang.management.ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean os) {
      long total = os.getTotalMemorySize();
      return new MemoryBounds(
          total > 0
              ? List.of(new MemoryBound(MemoryBound.Kind.MACHINE, "", total, 0, 0))
              : List.of(),
          0);
    }
    return new MemoryBounds(List.of(), 0);
  }

  /**
   * The part of one of several processes that take the same at the same time.
   *
   * @param processes on this machine
   */
  public MemoryBounds sharedBy(int processes) {
    return new MemoryBounds(all.stream().map(b -> b.sharedBy(processes)).toList(), resident);
  }

  /** The bound that leaves least. */
  public java.util.Optional<MemoryBound> tightest() {
    return all.stream().min(Comparator.comparingLong(MemoryBound::availableWithSwap));
  }
}
