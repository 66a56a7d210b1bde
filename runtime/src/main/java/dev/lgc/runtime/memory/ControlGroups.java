package dev.lgc.runtime.memory;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The limits of the Linux control groups that this process is in, of both versions: its own group's
 * and those of all groups around it that it can see. Containers are such groups.
 */
final class ControlGroups {
  /** Version 1 writes a number about as large as this where there is no limit. */
  private static final long UNLIMITED = 1L << 60;

  private ControlGroups() {}

  /**
   * A hierarchy of groups that limits memory.
   *
   * @param unified whether it is version 2
   * @param group the root of what is mounted, as a path of groups
   * @param mount where that is
   */
  private record Hierarchy(boolean unified, String group, Path mount) {}

  /**
   * The limits.
   *
   * @param swap bytes of the machine's swap that are free
   */
  static List<MemoryBound> bounds(Path root, long swap) {
    List<MemoryBound> all = new ArrayList<>();
    for (Hierarchy h : hierarchies(root)) {
      Optional<String> own = ownGroup(root, h.unified);
      if (own.isEmpty()) {
        continue;
      }
      for (Path at = folder(h, own.get()); at.startsWith(h.mount); at = at.getParent()) {
        bound(h, at, swap).ifPresent(all::add);
        if (at.equals(h.mount) || !isCountedAbove(h, at)) {
          break;
        }
      }
    }
    return all;
  }

  /**
   * Mounts of {@code /proc/self/mountinfo}: {@code id parent dev ROOT MOUNT opts … - TYPE src
   * OPTS}.
   */
  private static List<Hierarchy> hierarchies(Path root) {
    List<Hierarchy> all = new ArrayList<>();
    for (String line : ProcFiles.lines(root.resolve("proc/self/mountinfo"))) {
      String[] halves = line.split(" - ", 2);
      String[] left = halves[0].split(" ");
      String[] right = halves.length < 2 ? new String[0] : halves[1].split(" ");
      if (left.length < 5 || right.length < 1) {
        continue;
      }
      boolean unified = right[0].equals("cgroup2");
      boolean memory =
          right[0].equals("cgroup")
              && Arrays.asList(right[right.length - 1].split(",")).contains("memory");
      if (unified || memory) {
        Path mount = root.resolve(unescaped(left[4]).replaceFirst("^/", ""));
        all.add(new Hierarchy(unified, unescaped(left[3]), mount));
      }
    }
    return all;
  }

  /** Spaces and the like are written as {@code \040}. */
  private static String unescaped(String path) {
    return path.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
  }

  /** This process's group, from {@code /proc/self/cgroup}: {@code id:CONTROLLERS:PATH}. */
  private static Optional<String> ownGroup(Path root, boolean unified) {
    for (String line : ProcFiles.lines(root.resolve("proc/self/cgroup"))) {
      String[] parts = line.split(":", 3);
      boolean fits =
          parts.length == 3
              && (unified
                  ? parts[0].equals("0") && parts[1].isEmpty()
                  : Arrays.asList(parts[1].split(",")).contains("memory"));
      if (fits) {
        return Optional.of(parts[2]);
      }
    }
    return Optional.empty();
  }

  /** A group's folder; in a container that does not see its own path, what is mounted. */
  private static Path folder(Hierarchy h, String group) {
    boolean inside = group.equals(h.group) || group.startsWith(h.group.replaceFirst("/?$", "/"));
    String relative = inside ? group.substring(h.group.length()) : group;
    Path at = h.mount.resolve(relative.replaceFirst("^/+", "")).normalize();
    return at.startsWith(h.mount) && Files.isDirectory(at) ? at : h.mount;
  }

  /** In version 1, groups may be set not to count in those around them. */
  private static boolean isCountedAbove(Hierarchy h, Path at) {
    return h.unified
        || ProcFiles.number(at.getParent().resolve("memory.use_hierarchy")).orElse(1) != 0;
  }

  private static Optional<MemoryBound> bound(Hierarchy h, Path at, long swap) {
    OptionalLong limit = file(at, h.unified ? "memory.max" : "memory.limit_in_bytes");
    if (limit.isEmpty() || limit.getAsLong() >= UNLIMITED) {
      return Optional.empty();
    }
    long current = file(at, h.unified ? "memory.current" : "memory.usage_in_bytes").orElse(0);
    return Optional.of(
        new MemoryBound(
            MemoryBound.Kind.GROUP,
            at.toString(),
            limit.getAsLong(),
            Math.max(0, current - reclaimable(h, at)),
            h.unified ? swapOf(at, swap) : swapOf(at, limit.getAsLong(), current, swap)));
  }

  private static OptionalLong file(Path group, String name) {
    return ProcFiles.number(group.resolve(name));
  }

  /** Pages of files, which a group gives back when it needs memory. */
  private static long reclaimable(Hierarchy h, Path at) {
    String prefix = h.unified ? "" : "total_";
    long sum = 0;
    for (String line : ProcFiles.lines(at.resolve("memory.stat"))) {
      String[] words = line.split(" ");
      if (words.length == 2
          && (words[0].equals(prefix + "inactive_file")
              || words[0].equals(prefix + "active_file"))) {
        sum += ProcFiles.parse(words[1]).orElse(0);
      }
    }
    return sum;
  }

  /** Version 2: swap has a limit of its own. */
  private static long swapOf(Path at, long free) {
    OptionalLong most = file(at, "memory.swap.max");
    long used = file(at, "memory.swap.current").orElse(0);
    return most.isEmpty() ? free : Math.clamp(most.getAsLong() - used, 0, free);
  }

  /** Version 1: memory and swap together have a limit. */
  private static long swapOf(Path at, long limit, long current, long free) {
    OptionalLong both = file(at, "memory.memsw.limit_in_bytes");
    if (both.isEmpty() || both.getAsLong() >= UNLIMITED) {
      return free;
    }
    long swapped = Math.max(0, file(at, "memory.memsw.usage_in_bytes").orElse(current) - current);
    return Math.clamp(both.getAsLong() - limit - swapped, 0, free);
  }
}
