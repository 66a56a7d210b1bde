package dev.lgc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

/** The rules that every source file of every module keeps to. */
@Tag("pure")
final class SourceRulesTest {

  private static final List<String> MODULES =
      List.of("grammar", "dsl", "compiler", "runtime", "models", "examples");

  private static final int MAX_LINES = 400;
  private static final int MAX_TEST_LINES = 450;

  /** A command is options, one call, and what is printed. */
  private static final int MAX_COMMAND_LINES = 200;

  /** The beginning of a comment that says what is to be found, not what the thing is. */
  private static final Pattern RIDDLE =
      Pattern.compile("/\\*\\*[\\s*]*(What|Whether|How|Where|Which|Why|Who)\\b");

  @Test
  void noFileIsLongerThanFourHundredLines() {
    assertNone(
        sources(MODULES, "main").stream().filter(f -> lines(f).size() > MAX_LINES),
        "more than " + MAX_LINES + " lines: split along its concepts");
    assertNone(
        sources(MODULES, "test").stream().filter(f -> lines(f).size() > MAX_TEST_LINES),
        "more than " + MAX_TEST_LINES + " lines: split along its concepts");
  }

  @Test
  void commandsAreThin() {
    Path commands = Path.of("dev", "lgc", "runtime", "cli");
    assertNone(
        sources(List.of("runtime"), "main").stream()
            .filter(f -> f.getParent().endsWith(commands))
            .filter(f -> lines(f).size() > MAX_COMMAND_LINES),
        "more than " + MAX_COMMAND_LINES + " lines: leave what it computes to another package");
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
              .filter(e -> e.getValue().size() > 1)
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

  @Test
  void aCommentSaysWhatTheThingIsInItsFirstSentence() {
    for (String module : MODULES) {
      List<String> found =
          sources(List.of(module), "main").stream().flatMap(SourceRulesTest::riddles).toList();
      assertTrue(
          found.isEmpty(),
          () ->
              found.size()
                  + " comments of "
                  + module
                  + " begin with What, Whether, How, Where, Which, Why or Who; say what the thing"
                  + " is (\"The buffers live at the end of a step.\", \"Returns true if …\"):\n"
                  + String.join("\n", found));
    }
  }

  private static Stream<String> riddles(Path file) {
    String text = String.join("\n", lines(file));
    return RIDDLE
        .matcher(text)
        .results()
        .map(
            m ->
                root().relativize(file)
                    + ":"
                    + text.substring(0, m.end()).lines().count()
                    + " "
                    + m.group(1));
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
