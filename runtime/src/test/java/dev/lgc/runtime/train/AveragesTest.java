package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.SafetensorsWriter;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.WeightsListener;
import dev.lgc.runtime.model.WeightsOf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Moving averages of the parameters: how they begin, warm up and go on. */
@Tag("backend")
final class AveragesTest {
  private static final String TENSOR = "out";

  @TempDir private Path dir;

  private final List<String> told = new ArrayList<>();

  @BeforeEach
  void codes() {
    TinyCodes.write(dir.resolve("train.codes"), "cat", "dog");
  }

  private long train(String folder, int steps, String ema) throws IOException {
    return TinyRuns.train(
        TinyRuns.generator(
            dir,
            Text.format(
                """
                codes: {path: train.codes}
                batch: 4
                steps: %d
                optimizer: {lr: 1e-2}
                %s
                checkpoint: {dir: %s, every: 1, keep: 99}
                """,
                steps, ema, folder)),
        new TrainListener() {
          @Override
          public void note(String text) {
            told.add(text);
          }

          @Override
          public void warn(String text) {
            told.add(text);
          }
        },
        () -> false);
  }

  private Path file(String folder, int step) {
    return dir.resolve(Text.format("%s/step-%08d.safetensors", folder, step));
  }

  private float[] tensor(String folder, int step, String name) {
    try (SafetensorsFile file = SafetensorsFile.open(file(folder, step))) {
      float[] all = new float[(int) file.source(name).elements()];
      file.source(name).readFloats(0, MemorySegment.ofArray(all), 0, all.length);
      return all;
    }
  }

  private float[] average(String folder, int step) {
    return tensor(folder, step, "average:" + TENSOR);
  }

  private void assertAverages(String folder, float[] before, int step, double decay) {
    float[] now = tensor(folder, step, TENSOR);
    float[] expected = new float[now.length];
    for (int i = 0; i < now.length; i++) {
      expected[i] = (float) (before[i] * decay + now[i] * (1 - decay));
    }
    assertArrayEquals(expected, average(folder, step), 1e-6f, "step " + step);
  }

  @Test
  void theDecayRisesSoThatFirstValuesAreForgotten() throws IOException {
    train("warm", 5, "ema: 0.25");
    double[] decays = {0.1, 2.0 / 11, 0.25, 0.25, 0.25};
    for (int step = 2; step <= 5; step++) {
      assertAverages("warm", average("warm", step - 1), step, decays[step - 1]);
    }
    assertEquals(decays[0], new AverageDecay(0.9999, true, 0).at(0));
    assertEquals(0.9999, new AverageDecay(0.9999, true, 0).at(100_000));
    // As 500 steps of the template's 0.9999 would leave it: next to nothing of the initial values.
    double first = 1;
    for (int n = 0; n < 500; n++) {
      first *= new AverageDecay(0.9999, true, 0).at(n);
    }
    assertTrue(first < 1e-12, "share of initial values: " + first);
  }

  @Test
  void oneDecayThroughoutIsTheReferencesWay() throws IOException {
    train("fixed", 3, "ema: 0.9\nema_warmup: false");
    assertAverages("fixed", average("fixed", 1), 2, 0.9);
    assertAverages("fixed", average("fixed", 2), 3, 0.9);
  }

  @Test
  void averagesMayBeginWhenARunGoesOn() throws IOException {
    train("plain", 5, "");
    train("on", 2, "");
    train("on", 3, "ema: 0.99");
    assertTrue(told.contains("averages begin at step 2, from the parameters there"), "" + told);
    assertArrayEquals(tensor("plain", 3, TENSOR), tensor("on", 3, TENSOR));
    assertAverages("on", tensor("on", 2, TENSOR), 3, 0.1);
    // Stopped once more, they go on as if they had not been.
    train("on", 5, "ema: 0.99");
    Files.createDirectories(dir.resolve("once"));
    Files.copy(file("on", 2), file("once", 2));
    train("once", 5, "ema: 0.99");
    TinyRuns.assertSameTensors(file("on", 5), file("once", 5));
    // And are left out again.
    train("on", 6, "");
    try (SafetensorsFile without = SafetensorsFile.open(file("on", 6))) {
      assertFalse(without.names().stream().anyMatch(n -> n.startsWith("average:")));
    }
    assertTrue(told.contains("ema was 0.99 and is now 0.0"), "" + told);
  }

  @Test
  void averagesThatBeganLateAreStillTheParametersOfThatStep() throws IOException {
    train("late", 2, "");
    train("late", 3, "ema: 0.9\nema_warmup: false");
    List<String> said = new ArrayList<>();
    WeightsListener heard =
        new WeightsListener() {
          @Override
          public void warn(String text) {
            said.add(text);
          }
        };
    Path late = file("late", 3);
    WeightsOf.AVERAGE.warnIfImmature(late, Checkpoint.read(late), heard);
    WeightsOf.RAW.warnIfImmature(late, Checkpoint.read(late), heard);
    assertEquals(1, said.size());
    String text = said.getFirst();
    assertTrue(
        text.startsWith(late + ": the averages are still 90 % the parameters of step 2 "), text);
    assertTrue(text.endsWith(": --weights-of raw takes the trained weights"), text);
  }

  @Test
  void aCheckpointFromBeforeWarmingUpGoesOn() throws IOException {
    train("old", 2, "ema: 0.9\nema_warmup: false");
    Path file = file("old", 2);
    Checkpoint now = Checkpoint.read(file);
    Map<String, String> settings = new HashMap<>(now.settings());
    settings.remove("ema_warmup");
    Map<String, String> facts = new HashMap<>(now.facts());
    facts.remove("average_since");
    Checkpoint then =
        new Checkpoint(
            now.model(),
            now.sources(),
            now.fingerprint(),
            now.step(),
            now.position(),
            now.seed(),
            settings,
            facts);
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      List<TensorEntry> tensors = opened.tensors();
      SafetensorsWriter.write(file, then.metadata(), tensors);
    }
    train("old", 3, "ema: 0.9");
    assertTrue(told.contains("ema_warmup was false and is now true"), "" + told);
    assertAverages("old", average("old", 2), 3, 3.0 / 12);
  }
}
