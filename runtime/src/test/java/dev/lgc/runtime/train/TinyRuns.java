package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.report.MetricsLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Runs of the smallest models, for tests. */
public final class TinyRuns {
  private TinyRuns() {}

  public static String arch() {
    return TestResources.path("models/tiny.arch").toString();
  }

  /** A run of the tokenizer on drawn pictures; {@code settings} are further lines. */
  public static RunFile tokenizer(Path folder, String settings) {
    return run(
        folder,
        Text.format("model: {arch: \"%s\", name: TinyTokenizer}\n", arch())
            + "data: {kind: drawn, count: 40, held_out: 5}\n"
            + settings);
  }

  /** A run of the generator on codes; {@code settings} are further lines. */
  public static RunFile generator(Path folder, String settings) {
    return run(
        folder, Text.format("model: {arch: \"%s\", name: TinyGenerator}\n", arch()) + settings);
  }

  public static RunFile run(Path folder, String text) {
    return UserError.orThrow(RunFile.parse(Source.of("run.yaml", text), folder));
  }

  /** Trains until {@code stop}; returns the steps done. */
  public static long train(RunFile run, TrainListener listener, BooleanSupplier stop)
      throws IOException {
    return train(run, new CpuDevice(2), listener, stop);
  }

  /** Trains on a device, which is closed then, until {@code stop}; returns the steps done. */
  public static long train(RunFile run, Device opened, TrainListener listener, BooleanSupplier stop)
      throws IOException {
    try (Device device = opened;
        Trainer trainer = new Trainer(TrainJob.of(run), device, listener)) {
      trainer.run(stop);
      return trainer.done();
    }
  }

  /** The rows of a run's log: all numbers but how long it took. */
  public static List<String> rows(Path folder) {
    return MetricsLog.read(folder.resolve("metrics.jsonl")).stream()
        .map(
            row -> {
              Map<String, Double> values = new LinkedHashMap<>(row.values());
              values.remove("samples_per_second");
              return row.step() + " " + values;
            })
        .toList();
  }

  /** Checks that the floats of two checkpoints differ by no more than a part of the largest. */
  public static void assertNearTensors(Path a, Path b, double part) {
    try (SafetensorsFile x = SafetensorsFile.open(a);
        SafetensorsFile y = SafetensorsFile.open(b)) {
      assertEquals(x.names(), y.names());
      for (TensorEntry t : x.tensors()) {
        TensorEntry other = y.tensor(t.name());
        double most = 0;
        for (long i = 0; i < t.elements(); i++) {
          most = Math.max(most, Math.abs(t.numberAt(i)));
        }
        for (long i = 0; i < t.elements(); i++) {
          assertEquals(t.numberAt(i), other.numberAt(i), part * most, t.name() + " " + i);
        }
      }
    }
  }

  /** The largest difference of two checkpoints, as a part of the largest float of its tensor. */
  public static double difference(Path a, Path b) {
    double largest = 0;
    try (SafetensorsFile x = SafetensorsFile.open(a);
        SafetensorsFile y = SafetensorsFile.open(b)) {
      assertEquals(x.names(), y.names());
      for (TensorEntry t : x.tensors()) {
        TensorEntry other = y.tensor(t.name());
        double most = 0;
        double apart = 0;
        for (long i = 0; i < t.elements(); i++) {
          most = Math.max(most, Math.abs(t.numberAt(i)));
          apart = Math.max(apart, Math.abs(t.numberAt(i) - other.numberAt(i)));
        }
        largest = Math.max(largest, apart == 0 ? 0 : apart / most);
      }
    }
    return largest;
  }

  /** Checks that two checkpoints have the same tensors, to the bit. */
  public static void assertSameTensors(Path a, Path b) {
    try (SafetensorsFile x = SafetensorsFile.open(a);
        SafetensorsFile y = SafetensorsFile.open(b)) {
      assertEquals(x.names(), y.names());
      for (TensorEntry t : x.tensors()) {
        assertEquals(t, y.tensor(t.name()));
      }
    }
  }
}
