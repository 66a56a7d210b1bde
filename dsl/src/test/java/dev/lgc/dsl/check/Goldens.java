package dev.lgc.dsl.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Files that tests compare with: reviewed as diffs, rewritten by {@code -Dlgc.update-goldens=true}.
 */
final class Goldens {
  static final Path RESOURCES = Path.of("src/test/resources");

  private Goldens() {}

  static void compare(Path golden, String actual) throws IOException {
    if (Boolean.getBoolean("lgc.update-goldens")) {
      Files.writeString(golden, actual);
    }
    if (!Files.exists(golden)) {
      fail(golden + " is missing; write it with -Dlgc.update-goldens=true");
    }
    assertEquals(Files.readString(golden), actual, golden.toString());
  }

  static List<Path> sources(String directory) throws IOException {
    try (Stream<Path> all = Files.list(RESOURCES.resolve(directory))) {
      return all.filter(p -> p.toString().endsWith(".arch")).sorted().toList();
    }
  }

  /** Every source of a directory and the blocks that tests import, by file name. */
  static Map<String, String> texts(String directory) throws IOException {
    Map<String, String> out = new TreeMap<>();
    for (String d : List.of("arch", directory)) {
      for (Path p : sources(d)) {
        out.put(p.getFileName().toString(), Files.readString(p));
      }
    }
    return out;
  }
}
