package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.PlanSource;
import dev.lgc.runtime.model.WeightsListener;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.sample.CodeSampler;
import dev.lgc.runtime.sample.Conditions;
import dev.lgc.runtime.sample.Reconstruction;
import dev.lgc.runtime.sample.SampleSettings;
import dev.lgc.runtime.sample.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures while training: what they show, and that they change nothing. */
@Tag("backend")
final class PreviewsTest {
  private static final String SETTINGS =
      "batch: 8\nmicro_batches: 2\nsteps: 5\noptimizer: {lr: 5e-2}\nema: 0.5\nseed: 3\n";
  private static final String NONE = "";

  @TempDir private Path dir;

  private RunFile tokenizer(String folder, String samples) {
    return TinyRuns.tokenizer(
        dir,
        SETTINGS + samples + Text.format("checkpoint: {dir: %s, every: 2, keep: 9}\n", folder));
  }

  private RunFile generator(String folder, String samples) {
    return TinyRuns.generator(
        dir,
        "codes: {path: train.codes}\n"
            + SETTINGS
            + samples
            + Text.format("checkpoint: {dir: %s, every: 2, keep: 9}\n", folder));
  }

  private static void train(RunFile run) throws IOException {
    TinyRuns.train(run, new TrainListener() {}, () -> false);
  }

  private void assertSameRuns(String a, String b) {
    for (int step : new int[] {2, 4, 5}) {
      String name = Text.format("step-%08d.safetensors", step);
      TinyRuns.assertSameTensors(dir.resolve(a).resolve(name), dir.resolve(b).resolve(name));
    }
  }

  private static List<String> drawn(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run.resolve("samples"))) {
      return files.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aTokenizerShowsWhatItMakesOfHeldOutPictures() throws IOException {
    RunFile run = tokenizer("shown", "samples: {every: 2, count: 4}\n");
    train(run);
    train(tokenizer("silent", NONE));
    assertSameRuns("shown", "silent");
    assertEquals(
        List.of("step-00000002.png", "step-00000004.png", "step-00000005.png"),
        drawn(dir.resolve("shown")));
    RunConfig.Data data = run.config().data().orElseThrow();
    PictureSource heldOut = Pictures.open(run, data, 8, 3).heldOut().orElseThrow();
    for (int step : new int[] {2, 5}) {
      // A checkpoint is read with its averages, which the picture must have been made with.
      Path weights = dir.resolve(Text.format("shown/step-%08d.safetensors", step));
      try (Device device = new CpuDevice(1);
          LoadedModel model =
              Tokenizer.load(weights, 4, device, new WeightsListener() {}, "encode", "decode")) {
        int[] spread = IntStream.range(0, 4).map(i -> i * heldOut.size() / 4).toArray();
        Reconstruction r =
            Reconstruction.of(Tokenizer.of(model), heldOut.subset(spread), 4, n -> {});
        assertArrayEquals(
            PngGrid.of(r.rows(2), 2).toPng(),
            Files.readAllBytes(dir.resolve(Text.format("shown/samples/step-%08d.png", step))));
      }
    }
  }

  @Test
  void aGeneratorDrawsWithTheWeightsOfTheStep() throws IOException {
    RunFile pictures = tokenizer("t", NONE);
    train(pictures);
    TinyCodes.make(pictures, dir.resolve("t"), dir.resolve("train.codes"));
    String samples = "samples: {every: 2, count: 6, tokenizer: t, guidance: 1.5}\n";
    train(generator("shown", samples));
    train(generator("silent", NONE));
    assertSameRuns("shown", "silent");
    byte[] before = null;
    for (int step : new int[] {2, 4, 5}) {
      byte[] png =
          Files.readAllBytes(dir.resolve(Text.format("shown/samples/step-%08d.png", step)));
      assertArrayEquals(sampled(step), png, "step " + step);
      assertFalse(java.util.Arrays.equals(before, png), "step " + step);
      before = png;
    }
  }

  /** The picture that `lgc sample` would make of a checkpoint. */
  private byte[] sampled(int step) throws IOException {
    SampleSettings settings = new SampleSettings(1.5, -1, 1, 0, 1, 3);
    int[] labels = {0, 1, 3, 5, 6, 8};
    try (Device device = new CpuDevice(1);
        LoadedModel model =
            PlanSource.load(
                dir.resolve(Text.format("shown/step-%08d.safetensors", step)),
                4,
                m -> List.of(settings.request("codes")),
                device,
                new WeightsListener() {});
        LoadedModel decoder =
            Tokenizer.load(dir.resolve("t"), 4, device, new WeightsListener() {}, "decode")) {
      int[][] codes =
          new CodeSampler(model.session(), model.plan(), model.model(), 4)
              .sample(new Conditions.Classes(labels), settings, n -> {});
      ClassNames names = ClassNames.of(model.about().facts());
      List<String> shown = IntStream.of(labels).mapToObj(names::shown).toList();
      return PngGrid.of(Tokenizer.of(decoder).decode(codes), 3).labels(shown).toPng();
    }
  }

  @Test
  void anotherTokenizerIsRefusedBeforeAnythingIsTrained() throws IOException {
    RunFile pictures = tokenizer("t", NONE);
    train(pictures);
    TinyCodes.make(pictures, dir.resolve("t"), dir.resolve("train.codes"));
    String samples = "samples: {every: 2, tokenizer: t/step-00000002.safetensors}\n";
    UserError e = assertThrows(UserError.class, () -> train(generator("other", samples)));
    assertTrue(e.getMessage().contains("whose codes the generator learned"), e.getMessage());
    assertFalse(Files.exists(dir.resolve("other")));
  }
}
