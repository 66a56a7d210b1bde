package dev.lgc.runtime.memory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The text files in which Linux tells of processes, memory and control groups. */
final class ProcFiles {
  private ProcFiles() {}

  /** Lines such as {@code VmSize: 1234 kB}, in bytes. */
  static Map<String, Long> values(Path file) {
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
  static OptionalLong limit(Path proc, String name) {
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

  /** A number; empty if the text is none. */
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
      return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException | SecurityException e) {
      return List.of();
    }
  }
}
