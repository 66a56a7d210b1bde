package dev.lgc.runtime.device.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Profiler;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.model.RandomKeys;
import dev.lgc.runtime.sample.CodeSampler;
import dev.lgc.runtime.sample.Conditions;
import dev.lgc.runtime.sample.SampleSettings;
import dev.lgc.runtime.train.TinyRuns;
import dev.lgc.runtime.train.TrainListener;
import dev.lgc.runtime.tune.Tuner;
import dev.lgc.runtime.tune.Tuning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs on a real device, where there is TornadoVM. */
@Tag("device")
final class TornadoDeviceTest {
  @TempDir private Path dir;

  @BeforeEach
  void needsTornadoVm() {
    assumeTrue(
        TornadoDevice.isPossible(), "no TornadoVM: TORNADOVM_HOME names no SDK to run tests with");
  }

  private static Device device() {
    return TornadoDevice.all(Tuning::none).getFirst();
  }

  /** A small generator that draws the likeliest codes. */
  private record Greedy(CheckedModel model, SampleSettings settings, ExecutionPlan plan) {
    static Greedy generator() {
      ModelChoice choice =
          new ModelChoice(
              TestResources.path("models/tiny.arch").toString(),
              "TinyGenerator",
              Map.of("image", "12", "dropout", "0.0"));
      CheckedModel model = Models.check(choice, 3);
      SampleSettings greedy = new SampleSettings(2, -1, 1, 1, 1, 9);
      return new Greedy(
          model,
          greedy,
          Models.plan(model, List.of(new Request.Initialise(), greedy.request("codes"))));
    }

    int[][] sample(Device opened) {
      try (Device device = opened;
          Session session = Session.open(plan, device)) {
        RandomKeys.write(session.input("init", "key"), 5, 0, 0);
        session.run("init");
        return new CodeSampler(session, plan, Outline.of(model), 3)
            .sample(new Conditions.Classes(3, 0, 9, 3, 7), settings, n -> {});
      }
    }

    /** Draws the same codes on the processor and on a device. */
    void check(Device device) {
      int[][] want = sample(new CpuDevice(1));
      int[][] got = sample(device);
      for (int i = 0; i < want.length; i++) {
        assertArrayEquals(want[i], got[i], "sample " + i);
      }
    }
  }

  @Test
  void theLikeliestCodesAreTheCpus() {
    Greedy.generator().check(device());
  }

  @Test
  void tunedOnesToo() {
    Greedy greedy = Greedy.generator();
    AtomicReference<Tuning> tuning = new AtomicReference<>();
    TornadoDevice device =
        TornadoDevice.all(k -> tuning.get() == null ? Tuning.none(k) : tuning.get()).getFirst();
    Tuner.Watcher watcher =
        new Tuner.Watcher() {
          @Override
          public void begins(int done, int kernels, String name, int candidates) {}

          @Override
          public void ended(Tuning found) {
            tuning.set(found);
          }
        };
    List<Step> steps = List.of(greedy.plan.step("codes.step"));
    Tuner.Result r =
        new Tuner(device, System::nanoTime, watcher)
            .run(greedy.plan, steps, 15, Tuning.none(device.tuningKey()));
    assertTrue(!r.rows().isEmpty());
    r.rows().forEach(row -> assertEquals(List.of(), row.problems(), row.toString()));
    greedy.check(device);
  }

  @Test
  void trainingGivesTheWeightsThatTheCpuGives() throws IOException {
    String settings =
        """
        batch: 4
        micro_batches: 2
        steps: 3
        optimizer: {lr: 1e-2}
        ema: 0.9
        seed: 7
        checkpoint: {dir: %s, every: 2}
        """;
    for (String folder : List.of("cpu", "device")) {
      RunFile run = TinyRuns.tokenizer(dir, Text.format(settings, folder));
      Device on = folder.equals("cpu") ? new CpuDevice(1) : device();
      assertEquals(3, TinyRuns.train(run, on, new TrainListener() {}, () -> false));
    }
    Path last = Path.of("step-00000003.safetensors");
    try (SafetensorsFile want = SafetensorsFile.open(dir.resolve("cpu").resolve(last));
        SafetensorsFile got = SafetensorsFile.open(dir.resolve("device").resolve(last))) {
      assertEquals(want.names(), got.names());
      for (TensorEntry t : want.tensors()) {
        assertClose(t.toFloats(), got.tensor(t.name()).toFloats(), t.name());
      }
    }
  }

  private static void assertClose(float[] want, float[] got, String name) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < want.length; i++) {
      difference += Math.pow(want[i] - got[i], 2);
      size += Math.pow(want[i], 2);
    }
    double relative = Math.sqrt(difference / Math.max(size, 1e-30));
    assertTrue(relative < 1e-4, () -> name + " differs by " + relative);
  }

  @Test
  void everyCallOfAStepIsTimed() {
    CheckedModel model =
        Models.check(new ModelChoice(TinyRuns.arch(), "TinyTokenizer", Map.of()), 2);
    ExecutionPlan plan = Models.plan(model, List.of(new Request.Evaluate("decode")));
    try (Device device = device();
        Session session = Session.open(plan, device)) {
      Profiler profile = session.profile();
      session.run("decode");
      assertEquals(plan.steps().get("decode").calls().size(), profile.rows().size());
    }
  }
}
