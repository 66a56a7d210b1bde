package dev.lgc.runtime.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

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
    Map<String, Long> status = values(proc.resolve("self/status"));
    Map<String, Long> machine = values(proc.resolve("meminfo"));
    List<MemoryBound> all = new ArrayList<>(ControlGroups.bounds(root, swapFree(machine)));
    limit(proc, "Max address space")
        .ifPresent(n -> all.add(shell(MemoryBound.Kind.ADDRESS_SPACE, n, status.get("VmSize"))));
    limit(proc, "Max data size")
        .ifPresent(n -> all.add(shell(MemoryBound.Kind.DATA, n, status.get("VmData"))));
    Long total = machine.get("MemTotal");
    Long available = machine.getOrDefault("MemAvailable", machine.get("MemFree"));
    if (total != null && available != null) {
      all.add(
          new MemoryBound(
              MemoryBound.Kind.MACHINE, "", total, total - available, swapFree(machine)));
    }
    Long commit = machine.get("CommitLimit");
    if (commit != null && number(proc.resolve("sys/vm/overcommit_memory")).orElse(0) == 2) {
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

  /** The bound that leaves least. */
  public java.util.Optional<MemoryBound> tightest() {
    return all.stream().min(Comparator.comparingLong(MemoryBound::availableWithSwap));
  }

  /** Lines such as {@code VmSize: 1234 kB}, in bytes. */
  private static Map<String, Long> values(Path file) {
    Map<String, Long> all = new HashMap<>();
    for (String line : lines(file)) {
      String[] words = line.split("[:\\s]+");
      if (words.length == 3 && words[2].equals("kB")) {
        parse(words[1]).ifPresent(n -> all.put(words[0], n * 1024));
      }
    }
    return all;
  }

  /** A soft limit of {@code /proc/self/limits}; empty if there is none. */
  private static OptionalLong limit(Path proc, String name) {
    for (String line : lines(proc.resolve("self/limits"))) {
      if (line.startsWith(name)) {
        return parse(line.substring(name.length()).strip().split("\\s+")[0]);
      }
    }
    return OptionalLong.empty();
  }

  /** A file that is one number; empty if it is not: {@code max}, say. */
  static OptionalLong number(Path file) {
    List<String> lines = lines(file);
    return lines.size() == 1 ? parse(lines.getFirst().strip()) : OptionalLong.empty();
  }

  static OptionalLong parse(String text) {
    try {
      return OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** The lines of a file; none if it cannot be read. */
  static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, java.nio.charset.StandardCharsets.ISO_8859_1);
    } catch (IOException | SecurityException e) {
      return List.of();
    }
  }
}
