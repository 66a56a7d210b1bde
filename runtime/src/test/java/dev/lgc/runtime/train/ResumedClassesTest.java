package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.CodeCacheWriter;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.model.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that goes on with other classes than those it was trained on. */
@Tag("backend")
final class ResumedClassesTest {
  private static final int DIM = 8;

  @TempDir private Path dir;

  private final List<String> warnings = new ArrayList<>();

  private long train(int steps, String codes) throws IOException {
    return TinyRuns.train(
        TinyRuns.generator(
            dir,
            Text.format(
                """
                codes: {path: train.codes%s}
                batch: 4
                steps: %d
                optimizer: {weight_decay: 0}
                checkpoint: {dir: out, keep: 9}
                """,
                codes, steps)),
        new TrainListener() {
          @Override
          public void warn(String text) {
            warnings.add(text);
          }
        },
        () -> false);
  }

  private void codes(String... classes) {
    TinyCodes.write(dir.resolve("train.codes"), classes);
  }

  private Path checkpoint(int step) {
    return dir.resolve(Text.format("out/step-%08d.safetensors", step));
  }

  /** The rows of the class table. */
  private float[][] rows(int step) {
    try (SafetensorsFile file = SafetensorsFile.open(checkpoint(step))) {
      float[] all = new float[11 * DIM];
      file.source("label_table")
          .readFloats(0, java.lang.foreign.MemorySegment.ofArray(all), 0, all.length);
      float[][] rows = new float[11][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = java.util.Arrays.copyOfRange(all, i * DIM, (i + 1) * DIM);
      }
      return rows;
    }
  }

  @Test
  void otherClassesAreRefusedByName() throws IOException {
    codes("cat", "dog");
    train(2, "");
    codes("bird", "cat", "eel");
    String said = assertThrows(UserError.class, () -> train(4, "")).getMessage();
    assertTrue(said.contains("run.yaml:2:9: `codes.classes`: "), said);
    assertTrue(said.contains("added `bird` (class 0), `eel` (class 2)"), said);
    assertTrue(said.contains("gone `dog` (class 1)"), said);
    assertTrue(said.contains("moved `cat` (class 0, now 1)"), said);
    assertTrue(said.contains("classes: by_name"), said);
    codes("cat", "dog");
    assertEquals(4, train(4, ""));
  }

  @Test
  void aNameKeepsItsNumberWhereThatIsAskedFor() throws IOException {
    codes("cat", "dog");
    train(2, "");
    float[][] before = rows(2);
    // Only `bird` is trained now: of all rows, its own and those of the null class may change.
    codes("bird");
    train(6, ", classes: by_name");
    Checkpoint about = Checkpoint.read(checkpoint(6));
    assertEquals(List.of("cat", "dog", "bird"), ClassNames.of(about.facts()).names());
    float[][] after = rows(6);
    assertTrue(java.util.Arrays.mismatch(before[2], after[2]) >= 0);
    for (int row = 3; row < 10; row++) {
      assertArrayEquals(before[row], after[row], "row " + row);
    }
    // And again, under the same numbers.
    codes("bird", "cat", "dog");
    train(8, ", classes: by_name");
    assertEquals(
        List.of("cat", "dog", "bird"),
        ClassNames.of(Checkpoint.read(checkpoint(8)).facts()).names());
    float[][] all = rows(8);
    for (int row = 3; row < 10; row++) {
      assertArrayEquals(before[row], all[row], "row " + row);
    }
  }

  @Test
  void renamedClassesAreTakenByNumberAndToldOf() throws IOException {
    codes("n01", "n02");
    train(2, "");
    codes("cat", "dog");
    train(4, ", classes: by_number");
    assertTrue(warnings.toString().contains("added `cat` (class 0)"), warnings.toString());
    assertEquals(
        List.of("cat", "dog"), ClassNames.of(Checkpoint.read(checkpoint(4)).facts()).names());
  }

  @Test
  void heldOutCodesAreTakenByNameWhateverTheirNumbersAre() throws IOException {
    codes("cat", "dog", "eel");
    TinyCodes.write(dir.resolve("held.codes"), "eel");
    assertEquals(1, train(1, ", held_out: held.codes"));
    TinyCodes.write(dir.resolve("held.codes"), "fox");
    String said =
        assertThrows(UserError.class, () -> train(2, ", held_out: held.codes")).getMessage();
    assertTrue(said.contains("the class `fox`"), said);
  }

  @Test
  void aClassOfWhichThereIsNoPictureIsRemembered() throws IOException {
    CodeCacheInfo info = new CodeCacheInfo("f00d", 2, 2, 16, 1, 0, List.of("cat", "dog", "eel"));
    Path path = dir.resolve("train.codes");
    try (CodeCacheWriter out = CodeCache.create(path, info)) {
      out.append(0, 1, 1, 1, 1);
      out.append(2, 2, 2, 2, 2);
      out.finish();
    }
    train(1, "");
    assertTrue(warnings.contains("no codes of the class `dog`"), warnings.toString());
    assertEquals(List.of("dog"), ClassNames.unseen(Checkpoint.read(checkpoint(1)).facts()));
    // Once shown, it stays so, whatever the codes lack later.
    codes("cat", "dog", "eel");
    train(2, "");
    assertEquals(List.of(), ClassNames.unseen(Checkpoint.read(checkpoint(2)).facts()));
    codes("cat", "eel");
    train(3, ", classes: by_name");
    assertEquals(List.of(), ClassNames.unseen(Checkpoint.read(checkpoint(3)).facts()));
  }

  @Test
  void labelsThatTheModelHasNotAreRefused() throws IOException {
    CodeCacheInfo info = new CodeCacheInfo("f00d", 2, 2, 16, 1, 0, List.of());
    try (CodeCacheWriter out = CodeCache.create(dir.resolve("train.codes"), info)) {
      out.append(10, 1, 1, 1, 1); // the number that stands for no class
      out.finish();
    }
    String said = assertThrows(UserError.class, () -> train(1, "")).getMessage();
    assertTrue(said.contains("`codes.classes`: ") && said.contains("11 classes"), said);
    assertTrue(said.contains("at most 10"), said);
  }

  @Test
  void classesThatAreNotTrainedAreToldOf() throws IOException {
    codes("cat", "dog");
    train(1, "");
    assertTrue(
        warnings.contains(
            "TinyGenerator has 10 classes and the codes have 2: classes 2 to 9 are not trained"),
        warnings.toString());
  }
}
