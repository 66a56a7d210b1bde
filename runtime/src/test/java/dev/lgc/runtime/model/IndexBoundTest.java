package dev.lgc.runtime.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.runtime.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bound of data is that of the tables that they select from, and of nothing else. */
@Tag("pure")
final class IndexBoundTest {
  @TempDir private Path dir;

  private Optional<Integer> bound(InputKind kind, String body) throws IOException {
    Path arch =
        Files.writeString(
            dir.resolve("m.arch"),
            """
            model M(classes: int = 10, dim: int = 4) {
              param table: [classes + 1, dim] = normal(0.1)
              param book: [16, dim] = normal(0.1)
            %s
            }
            """
                .replace("%s", body));
    return bound(kind, new ModelChoice(arch.toString(), "M", Map.of()));
  }

  private static Optional<Integer> bound(InputKind kind, ModelChoice choice) {
    return IndexBound.of(Models.check(choice, 2), kind).map(IndexBound::values);
  }

  private Optional<Integer> ofLabel(String selected) throws IOException {
    return bound(
        InputKind.LABEL,
        "objective o(label: int[b]) { minimize mean(gather(table, " + selected + ")) }");
  }

  @Test
  void labelsAreBelowTheRowsOfTheirTable() throws IOException {
    assertEquals(Optional.of(11), ofLabel("label"));
    assertEquals(Optional.of(11), ofLabel("reshape(label, [b, 1])"));
    assertEquals(Optional.of(11), ofLabel("concat([label, label], axis: 0)"));
    assertEquals(Optional.empty(), ofLabel("label + 1"));
  }

  @Test
  void aLastRowThatTheModelAsksForIsNoneForData() throws IOException {
    assertEquals(Optional.of(10), ofLabel("where(uniform([b]) < 0.1, classes, label)"));
    assertEquals(Optional.of(11), ofLabel("where(uniform([b]) < 0.1, 0, label)"));
    assertEquals(
        Optional.of(10),
        bound(
            InputKind.LABEL,
            """
            generate codes[4] given label: int[b] {
              null label: classes
              let x = reshape(gather(table, label), [b, 1, dim])
              return linear(concat([x, gather(book, codes)], axis: 1), book)
            }
            """));
  }

  @Test
  void aGuardOnTheNumbersEndsTheTrace() throws IOException {
    assertEquals(Optional.empty(), ofLabel("where(label < classes, label, 0)"));
    assertEquals(Optional.empty(), ofLabel("where(label == 255, classes, label)"));
    assertEquals(
        Optional.empty(), ofLabel("where(reshape(label, [1, b])[0] + 1 < 5, label, classes)"));
  }

  @Test
  void codesArePlacesOnTheAxisThatTheyPickFrom() throws IOException {
    assertEquals(
        Optional.of(16),
        bound(
            InputKind.CODES,
            """
            objective o(codes: int[b, 3]) {
              let l = linear(uniform([b, 3, dim]), book)
              minimize mean(pick(l, codes))
            }
            """));
  }

  @Test
  void theTinyGeneratorKnowsItsClassesAndCodes() {
    ModelChoice choice =
        new ModelChoice(
            TestResources.path("models/tiny.arch").toString(), "TinyGenerator", Map.of());
    assertEquals(Optional.of(10), bound(InputKind.LABEL, choice));
    assertEquals(Optional.of(16), bound(InputKind.CODES, choice));
  }
}
