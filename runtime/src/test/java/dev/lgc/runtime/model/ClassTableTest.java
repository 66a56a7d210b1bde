package dev.lgc.runtime.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.BadInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The parameters whose rows are classes are found whatever they are called. */
@Tag("pure")
final class ClassTableTest {
  @TempDir private Path dir;

  private CheckedModel model(String label, String none) throws Exception {
    Path file = dir.resolve("m.arch");
    Files.writeString(
        file,
        Text.format(
            """
            model M(classes: int = 3, dim: int = 4) {
              param kinds: [classes + 1, dim] = normal(0.1)
              param tints: [classes + 1, dim] = normal(0.1)
              param codes_seen: [8, dim] = normal(0.1)
              generate codes[2] given label: int[b] {
                null label: %s
                let y = %s
                return linear(concat([reshape(y, [b, 1, dim]), gather(codes_seen, codes)], axis: 1), codes_seen)
              }
            }
            """,
            none, label));
    return UserError.orThrow(
        Language.load(file.toString()).then(f -> f.elaborate("M", Map.of(), Map.of("b", 2))));
  }

  @Test
  void everyParameterThatTheLabelSelectsRowsOf() throws Exception {
    assertEquals(
        List.of(new ClassTable("kinds", 4, 3), new ClassTable("tints", 4, 3)),
        ClassTable.of(
            model("gather(kinds, label) + gather(tints, reshape(label, [b]))", "classes")));
    assertEquals(
        List.of(new ClassTable("kinds", 4, 0)), ClassTable.of(model("gather(kinds, label)", "0")));
  }

  @Test
  void thoseOfTheLibrarysGenerators() {
    ModelChoice c2i =
        new ModelChoice(
            "llamagen",
            "ClassToImage",
            Map.of("size", "(1, 2, 64)", "image", "64", "classes", "10", "multiple_of", "32"));
    assertEquals(
        List.of(new ClassTable("cls_embedding.embedding_table.weight", 11, 10)),
        ClassTable.of(Models.check(c2i, 1)));
    ModelChoice t2i =
        new ModelChoice(
            "llamagen",
            "TextToImage",
            Map.of("size", "(1, 2, 64)", "image", "64", "multiple_of", "32"));
    assertEquals(List.of(), ClassTable.of(Models.check(t2i, 1)));
  }

  @Test
  void aLabelThatDoesAnythingElseIsRefusedAtItsPlace() throws Exception {
    for (String label : List.of("gather(kinds, label + 1 - 1)", "gather(2 * kinds, label)")) {
      CheckedModel m = model(label, "classes");
      String said = assertThrows(BadInputException.class, () -> ClassTable.of(m)).getMessage();
      assertTrue(said.contains("m.arch:7:"), said);
    }
  }

  @Test
  void noClassKeepsItsRowWhereverItIs() {
    ClassTable old = new ClassTable("t", 4, 0);
    ClassTable now = new ClassTable("t", 3, 2);
    assertArrayEquals(new int[] {3, 1, 0}, now.rowsFrom(old, 3, 1));
    // The row of no class never becomes one of a class.
    assertArrayEquals(new int[] {-1, -1, 0}, now.rowsFrom(old, 0, 9));
    assertArrayEquals(new int[] {-1, -1, -1}, now.rowsFrom(new ClassTable("t", 4, -1)));
    assertEquals(new ClassTable("t", 1001, 1000), now.like(1001));
    assertEquals(new ClassTable("t", 9, 0), old.like(9));
  }
}
