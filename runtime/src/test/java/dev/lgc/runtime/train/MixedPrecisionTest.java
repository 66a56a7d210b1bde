package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.device.cpu.CpuDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs with {@code precision: bf16}, of a model whose products are large enough for it. */
@Tag("backend")
final class MixedPrecisionTest {
  private static final int STEPS = 12;

  @TempDir private Path dir;

  private RunFile run(String folder, String precision) {
    return TinyRuns.run(
        dir,
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer, parameters: {image: 16, dim: 48}}
            data: {kind: drawn, count: 40, held_out: 5}
            batch: 16
            micro_batches: 2
            shards: 2
            steps: %d
            optimizer: {lr: 1e-3}
            log: {every: 1}
            checkpoint: {dir: %s, every: 100}
            precision: %s
            """,
            TinyRuns.arch(), STEPS, folder, precision));
  }

  private Path last(String folder) {
    return dir.resolve(folder).resolve(Text.format("step-000000%d.safetensors", STEPS));
  }

  /** Notes what a run says; stops it after some steps. */
  private static final class Notes implements TrainListener {
    final List<Double> losses = new ArrayList<>();
    final List<String> warnings = new ArrayList<>();
    long done;

    @Override
    public void step(long now) {
      done = now;
    }

    @Override
    public void metrics(long now, Map<String, Double> values) {
      losses.add(values.get("tokenizer.loss"));
    }

    @Override
    public void warn(String text) {
      warnings.add(text);
    }
  }

  @Test
  void lossesFallAsTheyDoInF32() throws IOException {
    Notes wide = new Notes();
    Notes mixed = new Notes();
    TinyRuns.train(run("f32", "f32"), wide, () -> false);
    TinyRuns.train(run("bf16", "bf16"), mixed, () -> false);
    assertEquals(STEPS, mixed.losses.size());
    assertTrue(mixed.losses.getLast() < 0.95 * mixed.losses.getFirst(), mixed.losses.toString());
    for (int i = 0; i < STEPS; i++) {
      double loss = wide.losses.get(i);
      assertEquals(loss, mixed.losses.get(i), 0.01 * loss, "step " + i);
      assertNotEquals(loss, mixed.losses.get(i), "step " + i);
    }
  }

  @Test
  void theSameBitsWithAnyThreadsAndAfterAnInterruption() throws IOException {
    TinyRuns.train(run("whole", "bf16"), new Notes(), () -> false);
    Notes five = new Notes();
    TinyRuns.train(run("parts", "bf16"), new CpuDevice(1), five, () -> five.done >= 5);
    Notes rest = new Notes();
    TinyRuns.train(run("parts", "bf16"), new CpuDevice(3), rest, () -> false);
    assertEquals(List.of(), rest.warnings);
    TinyRuns.assertSameTensors(last("whole"), last("parts"));
  }

  @Test
  void aCheckpointIsGoneOnWithInEither() throws IOException {
    Notes four = new Notes();
    TinyRuns.train(run("either", "f32"), four, () -> four.done >= 4);
    Notes eight = new Notes();
    TinyRuns.train(run("either", "bf16"), eight, () -> eight.done >= 8);
    assertEquals(List.of("precision was f32 and is now bf16"), eight.warnings);
    Notes rest = new Notes();
    TinyRuns.train(run("either", "f32"), rest, () -> false);
    assertEquals(List.of("precision was bf16 and is now f32"), rest.warnings);
    assertEquals(STEPS, rest.done);
  }

  @Test
  void gradientsOfShardsInBf16AreNearAndToldOfWhereARunGoesOn() throws IOException {
    String rounded = "f32\ngradients: bf16";
    Notes wide = new Notes();
    Notes narrow = new Notes();
    TinyRuns.train(run("wide", "f32"), wide, () -> wide.done >= 4);
    TinyRuns.train(run("narrow", rounded), narrow, () -> narrow.done >= 4);
    assertEquals(wide.losses.get(3), narrow.losses.get(3), 0.01 * wide.losses.get(3));
    assertNotEquals(wide.losses.get(3), narrow.losses.get(3));
    Notes rest = new Notes();
    TinyRuns.train(run("wide", rounded), rest, () -> rest.done >= 5);
    assertEquals(List.of("gradients was f32 and is now bf16"), rest.warnings);
  }
}
