package dev.lgc.runtime.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.compiler.rewrite.storage.TensorLayout;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.SafetensorsWriter;
import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Weights of a file in fewer bits, and in panels: the same as the compiled step {@code init} would
 * store.
 */
@Tag("backend")
final class QuantizerTest {
  @TempDir private Path dir;

  private static ExecutionPlan plan(String dim, WeightType type, boolean packed) {
    String arch = TestResources.path("models/tiny.arch").toString();
    return Models.plan(
        Models.check(new ModelChoice(arch, "TinyGenerator", Map.of("dim", dim)), 2),
        List.of(
            new Request.Initialise(),
            new Request.Generate("codes", true, false, false),
            new Request.StoreWeights(type, packed)));
  }

  @ParameterizedTest
  @MethodSource("dev.lgc.compiler.rewrite.storage.WeightType#quantized")
  void loadingGivesTheBitsOfInitialising(WeightType type) throws IOException {
    ExecutionPlan quantized = plan("8", type, false);
    assertTrue(
        quantized.storage().stream().anyMatch(t -> t.slot().type().dtype() == type.dtype()),
        "nothing is quantized");
    compare(quantized, plan("8", WeightType.F32, false));
  }

  @ParameterizedTest
  @EnumSource(WeightType.class)
  void soItDoesInPanels(WeightType type) throws IOException {
    ExecutionPlan packed = plan("64", type, true);
    assertTrue(
        packed.storage().stream().anyMatch(t -> t.layout() == TensorLayout.ROW_PANELS),
        "nothing is in panels");
    compare(packed, plan("64", WeightType.F32, false));
  }

  private void compare(ExecutionPlan quantized, ExecutionPlan wide) throws IOException {
    try (CpuDevice device = new CpuDevice(2);
        Session drawn = Session.open(quantized, device);
        Session loaded = Session.open(quantized, device)) {
      drawn.inputTensor("init", "key").fill(1, 2, 3, 4);
      drawn.run("init");
      try (SafetensorsFile file = SafetensorsFile.open(drawn(wide, device))) {
        new Weights(loaded, quantized).load(file, true);
      }
      for (StoredTensor t : quantized.storage()) {
        if (t.role() == Role.SCALE) {
          // The kernel that looks for the largest may round a drawn number in another way.
          double[] want = drawn.storageTensor(t.name()).toArray();
          assertArrayEquals(want, loaded.storageTensor(t.name()).toArray(), 1e-8, t.name());
        }
        if (t.role() == Role.PARAMETER) {
          assertEquals(-1, drawn.storage(t.name()).mismatch(loaded.storage(t.name())), t.name());
        }
      }
    }
  }

  /** A file of the model's initial values in F32. */
  private Path drawn(ExecutionPlan wide, CpuDevice device) throws IOException {
    Path path = dir.resolve("weights.safetensors");
    try (Session session = Session.open(wide, device)) {
      session.inputTensor("init", "key").fill(1, 2, 3, 4);
      session.run("init");
      List<TensorEntry> tensors = new ArrayList<>();
      for (StoredTensor t : wide.storage()) {
        if (t.role() == Role.PARAMETER) {
          long[] shape = t.slot().type().shape().dims().stream().mapToLong(d -> d).toArray();
          tensors.add(new TensorEntry(t.name(), StoredType.F32, shape, session.storage(t.name())));
        }
      }
      SafetensorsWriter.write(path, Map.of(), tensors);
    }
    return path;
  }

  @Test
  void halfPrecisionFilesAreReadToo() {
    float[] values = {1.5f, -0.25f, 3.0078125f, 0, 1e-3f, -65504};
    MemorySegment bytes = MemorySegment.ofArray(new byte[2 * values.length]);
    for (int i = 0; i < values.length; i++) {
      bytes.set(
          java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED,
          2L * i,
          Float.floatToFloat16(values[i]));
    }
    TensorEntry f16 = new TensorEntry("w", StoredType.F16, new long[] {2, 3}, bytes);
    TensorType type = new TensorType(DType.BF16, Shape.of(2, 3));
    Tensor to = new Tensor(type, MemorySegment.ofArray(new byte[12]));
    Quantizer.store(WeightType.BF16, rowMajor(f16), to.data());
    double[] want = new double[values.length];
    for (int i = 0; i < want.length; i++) {
      want[i] = Rounding.toBf16(Float.float16ToFloat(Float.floatToFloat16(values[i])));
    }
    assertArrayEquals(want, to.toArray());
  }

  private static LayoutReader rowMajor(TensorEntry file) {
    int[] dims = Arrays.stream(file.shape()).mapToInt(Math::toIntExact).toArray();
    return new LayoutReader(file, TensorLayout.ROW_MAJOR, Shape.of(dims));
  }

  /** A matrix whose columns, not its rows, are the output channels. */
  @Test
  void columnsBecomePanelsToo() {
    int inputs = 3;
    float[] w = new float[inputs * 128];
    for (int i = 0; i < w.length; i++) {
      w[i] = i;
    }
    TensorEntry file =
        new TensorEntry(
            "w", StoredType.F32, new long[] {inputs, 128}, MemorySegment.ofArray(w.clone()));
    float[] got = new float[w.length];
    TensorLayout layout = TensorLayout.COLUMN_PANELS;
    new LayoutReader(file, layout, layout.stored(Shape.of(inputs, 128)))
        .each((part, n, at) -> System.arraycopy(part, 0, got, (int) at, n));
    for (int i = 0; i < got.length; i++) {
      int panel = i / (inputs * 64);
      int input = i / 64 % inputs;
      assertEquals(w[input * 128 + panel * 64 + i % 64], got[i]);
    }
  }

  /** Scales along other axes than the first, a row of zeros, and weights that are not numbers. */
  @Test
  void everyChannelHasItsOwnScale() {
    float[] w = {254, 0, 1e-33f, -127, 0, 0, 64, 0, Float.NaN};
    TensorEntry file =
        new TensorEntry("w", StoredType.F32, new long[] {3, 3}, MemorySegment.ofArray(w.clone()));
    Tensor scales = new Tensor(TensorType.f32(1, 3), MemorySegment.ofArray(new float[3]));
    byte[] q = new byte[9];
    Quantizer.store(WeightType.INT8, rowMajor(file), MemorySegment.ofArray(q), scales);
    assertArrayEquals(new byte[] {127, 0, 0, -63, 0, 0, 32, 0, 0}, q);
    assertEquals(2, scales.get(0));
    assertEquals(0, scales.get(1));
    assertTrue(Double.isNaN(scales.get(2)), "a weight that is no number must not vanish");
  }
}
