package dev.lgc.compiler.rewrite.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Input;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("backend")
class WeightTypeTest {
  private static final int N = 1000;

  @ParameterizedTest
  @EnumSource(WeightType.class)
  void thePlanTellsItByItsElements(WeightType type) {
    assertEquals(Optional.of(type), WeightType.of(type.dtype()));
  }

  /** Channels of magnitudes from the least to the largest, with zeros and ties among the values. */
  @ParameterizedTest
  @EnumSource(WeightType.class)
  void floatsBecomeTheElementsAndScalesThatAStepStores(WeightType type) {
    Random random = new Random(5);
    for (float magnitude : new float[] {0, 1e-38f, 1e-30f, 1.1e-30f, 0.02f, 127, 254, 3e38f}) {
      float[] values = new float[N];
      for (int i = 0; i < N; i++) {
        float tie = (random.nextInt(509) - 254) / 254f;
        values[i] = magnitude * (i % 2 == 0 ? tie : 2 * random.nextFloat() - 1);
      }
      Map<String, double[]> want = step(type, values, magnitude);
      float per = type.isScaled() ? type.reciprocal(magnitude) : 1;
      for (int i = 0; i < N; i++) {
        values[i] *= per;
      }
      MemorySegment stored = MemorySegment.ofArray(new byte[8 + N * 4]);
      type.store(values, N, stored, 2);
      String what = type + " of magnitude " + magnitude;
      assertArrayEquals(want.get("elements"), elements(type.dtype(), stored, 2), what);
      if (type.isScaled()) {
        assertEquals(want.get("scale")[0], type.scale(magnitude), what);
      }
    }
  }

  private static Map<String, double[]> step(WeightType type, float[] values, float magnitude) {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("values", TensorType.f32(N)));
    Map<String, Integer> outputs = new LinkedHashMap<>();
    if (type.isScaled()) {
      int m = b.add(new Input("magnitude", TensorType.f32(1)));
      outputs.put("scale", type.scale(b, m));
      x = b.mul(x, b.broadcast(type.reciprocal(b, m), b.type(x).shape()));
    }
    outputs.put("elements", type.rounded(b, x));
    double[] wide = new double[N];
    for (int i = 0; i < N; i++) {
      wide[i] = values[i];
    }
    return Interpreter.run(
            b.build("step", outputs, Map.of()),
            Precision.AS_TYPED,
            Map.of("values", wide, "magnitude", new double[] {magnitude}),
            Map.of())
        .outputs();
  }

  /** The elements in memory, from one on. */
  private static double[] elements(DType dtype, MemorySegment from, long first) {
    double[] read = new double[N];
    for (int i = 0; i < N; i++) {
      long at = first + i;
      read[i] =
          switch (dtype) {
            case F32 -> from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * at);
            case BF16 -> Rounding.fromBf16Bits(from.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * at));
            case F16 -> Float.float16ToFloat(from.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * at));
            case I8 -> from.get(ValueLayout.JAVA_BYTE, at);
            case F64, I32, BOOL -> throw new AssertionError(dtype);
          };
    }
    return read;
  }
}
