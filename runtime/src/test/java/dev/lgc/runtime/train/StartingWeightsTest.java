package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.SafetensorsWriter;
import dev.lgc.runtime.io.TensorEntry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that begin with the weights of another: which class begins as which. */
@Tag("backend")
final class StartingWeightsTest {
  private static final int DIM = 8;

  @TempDir private Path dir;

  private final List<String> notes = new ArrayList<>();
  private int runs;

  /** A run of four classes: `eel` of `cat, dog, eel` and a spare one. */
  @BeforeEach
  void trained() throws IOException {
    TinyCodes.write(dir.resolve("old.codes"), "cat", "dog", "eel");
    train("old", 4, "old.codes", 6, "");
  }

  private void train(String folder, int classes, String codes, int steps, String more)
      throws IOException {
    train(folder, classes, codes, steps, "1e-2", more);
  }

  private void train(String folder, int classes, String codes, int steps, String lr, String more)
      throws IOException {
    TinyRuns.train(
        TinyRuns.run(
            dir,
            Text.format(
                """
                model: {arch: "%s", name: TinyGenerator, parameters: {classes: %d}}
                codes: {path: %s}
                batch: 4
                steps: %d
                optimizer: {lr: %s}
                checkpoint: {dir: %s, keep: 9}
                %s
                """,
                TinyRuns.arch(), classes, codes, steps, lr, folder, more)),
        new TrainListener() {
          @Override
          public void note(String text) {
            notes.add(text);
          }
        },
        () -> false);
  }

  /**
   * The rows of the class table a run begins with: the learning rate of its only step is too small.
   */
  private float[][] begun(int classes, String startFrom, String... names) throws IOException {
    TinyCodes.write(dir.resolve("new.codes"), names);
    String folder = "new" + runs++;
    train(folder, classes, "new.codes", 1, "1e-30", "seed: 5\nstart_from: " + startFrom);
    return rows(dir.resolve(folder).resolve("step-00000001.safetensors"), classes + 1);
  }

  private static float[][] rows(Path path, int rows) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      float[] all = new float[rows * DIM];
      file.source("label_table").readFloats(0, MemorySegment.ofArray(all), 0, all.length);
      float[][] each = new float[rows][];
      for (int i = 0; i < rows; i++) {
        each[i] = Arrays.copyOfRange(all, i * DIM, (i + 1) * DIM);
      }
      return each;
    }
  }

  private Path old() {
    return dir.resolve("old/step-00000006.safetensors");
  }

  /** The weights of the earlier run without a word about what they are. */
  private void plain() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(old())) {
      List<TensorEntry> tensors =
          file.tensors().stream().filter(t -> !t.name().contains(":")).toList();
      SafetensorsWriter.write(dir.resolve("plain.safetensors"), Map.of(), tensors);
    }
  }

  private String refused(int classes, String startFrom, String... names) {
    return assertThrows(UserError.class, () -> begun(classes, startFrom, names)).getMessage();
  }

  /** What the classes and no class would begin as without other weights. */
  private float[][] initial(int classes, String... names) throws IOException {
    return begun(classes, "~", names);
  }

  @Test
  void theSameClassesBeginAsTheyWere() throws IOException {
    float[][] then = rows(old(), 5);
    assertArrayEquals(then, begun(4, "old", "cat", "dog", "eel"));
    assertTrue(notes.toString().contains("the raw weights of " + old() + " after 6 steps"));
  }

  @Test
  void otherClassesAreRefusedWithTheWordThatAllowsThem() {
    String said = refused(4, "old", "bird", "cat", "dog");
    assertTrue(said.contains("added `bird` (class 0); gone `eel` (class 2); moved"), said);
    assertTrue(said.contains("classes: by_name"), said);
    said = refused(6, "old", "cat", "dog", "eel");
    assertTrue(said.contains("run.yaml:8:13: `start_from`: "), said);
    assertTrue(said.contains("weights of 4 classes (label_table)"), said);
    assertTrue(said.contains("6, which TinyGenerator has"), said);
    assertTrue(said.contains("classes: by_name"), said);
  }

  @Test
  void classesAreTakenOverByName() throws IOException {
    float[][] then = rows(old(), 5);
    String[] names = {"bird", "cat", "eel", "fox", "gnu"};
    float[][] fresh = initial(7, names);
    float[][] now = begun(7, "{path: old, classes: by_name}", names);
    assertArrayEquals(then[0], now[1], "cat");
    assertArrayEquals(then[2], now[2], "eel");
    assertArrayEquals(then[4], now[7], "no class");
    for (int row : List.of(0, 3, 4, 5, 6)) {
      assertArrayEquals(fresh[row], now[row], "row " + row);
    }
    assertTrue(
        notes
            .getLast()
            .endsWith(
                "classes by_name: 2 taken over (`cat`, `eel`), 3 initialised (`bird`, `fox`,"
                    + " `gnu`)"),
        notes.getLast());
  }

  @Test
  void aModelMayHaveFewerClasses() throws IOException {
    float[][] then = rows(old(), 5);
    float[][] now = begun(1, "{path: old, classes: by_name}", "dog");
    assertArrayEquals(new float[][] {then[1], then[4]}, now);
  }

  @Test
  void classesAreTakenOverByNumberOrNotAtAll() throws IOException {
    float[][] then = rows(old(), 5);
    float[][] fresh = initial(6, "x", "y");
    float[][] numbered = begun(6, "{path: old, classes: by_number}", "x", "y");
    assertArrayEquals(
        new float[][] {then[0], then[1], then[2], then[3], fresh[4], fresh[5], then[4]}, numbered);
    float[][] anew = begun(6, "{path: old, classes: new}", "x", "y");
    assertArrayEquals(
        new float[][] {fresh[0], fresh[1], fresh[2], fresh[3], fresh[4], fresh[5], then[4]}, anew);
  }

  @Test
  void weightsThatDoNotNameTheirClassesCanBeToldTheirNames() throws IOException {
    plain();
    assertTrue(refused(6, "plain.safetensors", "dog").contains("classes: by_name"));
    String said = refused(6, "{path: plain.safetensors, classes: by_name}", "dog");
    assertTrue(said.contains("class_file"), said);
    Files.writeString(dir.resolve("names"), "cat\ndog\neel\n");
    float[][] then = rows(old(), 5);
    float[][] now =
        begun(1, "{path: plain.safetensors, classes: by_name, class_file: names}", "dog");
    assertArrayEquals(new float[][] {then[1], then[4]}, now);
    assertArrayEquals(then, begun(4, "plain.safetensors", "any", "names"));
  }

  @Test
  void aRunThatBeganWithOtherClassesGoesOnToTheBit() throws IOException {
    TinyCodes.write(dir.resolve("more.codes"), "bird", "cat");
    String from = "start_from: {path: old, classes: by_name}";
    train("once", 6, "more.codes", 3, from);
    train("twice", 6, "more.codes", 1, from);
    train("twice", 6, "more.codes", 3, from);
    TinyRuns.assertSameTensors(
        dir.resolve("once/step-00000003.safetensors"),
        dir.resolve("twice/step-00000003.safetensors"));
  }
}
