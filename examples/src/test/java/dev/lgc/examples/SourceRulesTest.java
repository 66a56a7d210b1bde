package dev.lgc.examples;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every source file of every module keeps to. */
@Tag("pure")
final class SourceRulesTest {

  private static final List<String> MODULES =
      List.of("grammar", "dsl", "compiler", "runtime", "models", "examples");

  private static final int MAX_LINES = 400;
  private static final int MAX_TEST_LINES = 450;

  /** Files that are to be split, with the lines they may have until then. They may only shrink. */
  private static final Map<String, Integer> TOO_LONG =
      Map.of("Tornado", 467, "Region", 451, "Partition", 427, "Incremental", 414);

  /**
   * Class names that stand for several things in a module, with how many they may stand for until
   * they are renamed. None may be added.
   */
  private static final Map<String, Integer> AMBIGUOUS =
      Map.ofEntries(
          entry("Affine", 2),
          entry("Code", 2),
          entry("Computed", 2),
          entry("Cost", 2),
          entry("Evaluator", 2),
          entry("Facts", 2),
          entry("Frame", 2),
          entry("IndexFault", 2),
          entry("Memory", 3),
          entry("Names", 3),
          entry("Schedule", 2),
          entry("Scheduler", 2),
          entry("Value", 2),
          entry("Windows", 2));

  @Test
  void noFileIsLongerThanFourHundredLines() {
    assertNone(
        sources(MODULES, "main").stream()
            .filter(f -> lines(f).size() > TOO_LONG.getOrDefault(className(f), MAX_LINES)),
        "more than " + MAX_LINES + " lines, or more than it had: split along its concepts");
    assertNone(
        sources(MODULES, "test").stream().filter(f -> lines(f).size() > MAX_TEST_LINES),
        "more than " + MAX_TEST_LINES + " lines: split along its concepts");
  }

  @Test
  void aClassNameStandsForOneThingInAModule() {
    for (String module : MODULES) {
      Map<String, List<Path>> named =
          sources(List.of(module), "main").stream()
              .filter(f -> !f.endsWith("package-info.java"))
              .collect(Collectors.groupingBy(SourceRulesTest::className));
      assertNone(
          named.entrySet().stream()
              .filter(e -> e.getValue().size() > AMBIGUOUS.getOrDefault(e.getKey(), 1))
              .flatMap(e -> e.getValue().stream()),
          "two classes of one name in " + module + ": rename one");
    }
  }

  @Test
  void everyPackageSaysWhatItIs() {
    Predicate<Path> unexplained = dir -> !Files.exists(dir.resolve("package-info.java"));
    assertNone(
        sources(MODULES, "main").stream().map(Path::getParent).distinct().filter(unexplained),
        "no package-info.java");
  }

  /**
   * {@code pure}: computes nothing that a model says. {@code backend}: computes on the interpreter,
   * the CPU or the emulated device. {@code device}: needs an accelerator, and is skipped without.
   */
  @Test
  void everyTestHasTheTagOfWhatItNeeds() {
    Pattern tag = Pattern.compile("^@(Arch)?Tag\\(\"(pure|backend|device)\"\\)$");
    Predicate<Path> isTest =
        f -> {
          String type = "class " + className(f);
          return className(f).endsWith("Test")
              && lines(f).stream().noneMatch(l -> l.contains("abstract " + type));
        };
    assertNone(
        sources(MODULES, "test").stream()
            .filter(isTest)
            .filter(f -> lines(f).stream().filter(tag.asPredicate()).count() != 1),
        "not one of @Tag(\"pure\"), @Tag(\"backend\"), @Tag(\"device\")");
  }

  private static void assertNone(Stream<Path> offenders, String complaint) {
    Path root = root();
    assertEquals(List.of(), offenders.map(root::relativize).sorted().toList(), complaint);
  }

  private static String className(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.length() - ".java".length());
  }

  /** The hand-written Java files of {@code modules}, of the source set {@code main} or test. */
  private static List<Path> sources(List<String> modules, String set) {
    List<Path> found = new ArrayList<>();
    for (String module : modules) {
      Path dir = root().resolve(module).resolve("src").resolve(set).resolve("java");
      if (Files.isDirectory(dir)) {
        try (Stream<Path> files = Files.walk(dir)) {
          files.filter(f -> f.toString().endsWith(".java")).forEach(found::add);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    assertFalse(modules.contains("dsl") && found.isEmpty(), "no sources under " + root());
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
