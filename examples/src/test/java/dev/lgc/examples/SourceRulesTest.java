package dev.lgc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What every source file of every module keeps to. */
final class SourceRulesTest {

  private static final int MAX_LINES = 700;

  @Test
  void noFileIsLongerThanSevenHundredLines() {
    assertNone(
        sources("main", "test").stream().filter(f -> lines(f).size() > MAX_LINES),
        "longer than " + MAX_LINES + " lines: split along its concepts");
  }

  @Test
  void everyPackageSaysWhatItIs() {
    Predicate<Path> unexplained = dir -> !Files.exists(dir.resolve("package-info.java"));
    assertNone(
        sources("main").stream().map(Path::getParent).distinct().filter(unexplained),
        "no package-info.java");
  }

  private static void assertNone(Stream<Path> offenders, String complaint) {
    Path root = root();
    assertEquals(List.of(), offenders.map(root::relativize).sorted().toList(), complaint);
  }

  /** The hand-written Java files of every module. */
  private static List<Path> sources(String... sets) {
    List<Path> found = new ArrayList<>();
    for (String module : List.of("grammar", "dsl", "compiler", "runtime", "models", "examples")) {
      for (String set : sets) {
        Path dir = root().resolve(module).resolve("src").resolve(set).resolve("java");
        if (Files.isDirectory(dir)) {
          try (Stream<Path> files = Files.walk(dir)) {
            files.filter(f -> f.toString().endsWith(".java")).forEach(found::add);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      }
    }
    assertFalse(found.isEmpty(), "no sources under " + root());
    return found;
  }

  /** Surefire runs in the module's own folder, an IDE perhaps in the project's. */
  private static Path root() {
    Path here = Path.of("").toAbsolutePath();
    return Files.isDirectory(here.resolve("grammar")) ? here : here.getParent();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
