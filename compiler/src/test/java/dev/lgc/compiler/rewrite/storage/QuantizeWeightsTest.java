package dev.lgc.compiler.rewrite.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Tanh;
import dev.lgc.compiler.op.Window;
import dev.lgc.compiler.rewrite.Simplified;
import dev.lgc.compiler.rewrite.TinyGenerator;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.TensorType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class QuantizeWeightsTest {
  private static final TensorType WEIGHT = TensorType.f32(3, 4);
  private static final TensorType TABLE = TensorType.f32(5, 4);
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextLong());
  private static final List<StorageDeclaration> STORED =
      List.of(
          new StorageDeclaration("weight", Role.PARAMETER, WEIGHT),
          new StorageDeclaration("table", Role.PARAMETER, TABLE));

  /** A row of a table through a linear layer. */
  private static Graph linear() {
    GraphBuilder b = new GraphBuilder();
    int codes = b.add(new Input("codes", TensorType.i32(2)));
    int x = b.add(new Gather(), b.add(new Stored("table", TABLE)), codes);
    int y = b.contract("bi,oi->bo", x, b.add(new Stored("weight", WEIGHT)));
    return b.build("step", Map.of("y", y), Map.of());
  }

  private static QuantizeWeights quantized(WeightType type, Graph... steps) {
    return QuantizeWeights.of(type, List.of(steps), STORED);
  }

  @Test
  void matricesAndTablesAreConvertedWhereTheyAreRead() {
    Graph g = Verifier.verified(quantized(WeightType.BF16, linear()).apply(linear()));
    assertEquals(
        """
        graph step
        %0 = input codes : int[2]
        %1 = stored table : bf16[5, 4]
        %2 = gather %1 %0 : bf16[2, 4]
        %3 = cast F32 %2 : [2, 4]
        %4 = stored weight : bf16[3, 4]
        %5 = cast F32 %4 : [3, 4]
        %6 = contract bi,oi->bo %3 %5 : [2, 3]
        output y = %6
        """,
        GraphDump.dump(g));
  }

  @Test
  void wholeNumbersAreScaledAfterTheSum() {
    QuantizeWeights quantize = quantized(WeightType.INT8, linear());
    Graph g = Simplified.of(Verifier.verified(quantize.apply(linear())));
    assertEquals(
        """
        graph step
        %0 = input codes : int[2]
        %1 = stored table : int8[5, 4]
        %2 = gather %1 %0 : int8[2, 4]
        %3 = cast F32 %2 : [2, 4]
        %4 = stored scale:table : [5, 1]
        %5 = gather %4 %0 : [2, 1]
        %6 = broadcast [2, 4] %5 : [2, 4]
        %7 = mul %3 %6 : [2, 4]
        %8 = stored weight : int8[3, 4]
        %9 = cast F32 %8 : [3, 4]
        %10 = contract bi,oi->bo %7 %9 : [2, 3]
        %11 = stored scale:weight : [3, 1]
        %12 = reshape [1, 3] %11 : [1, 3]
        %13 = broadcast [2, 3] %12 : [2, 3]
        %14 = mul %10 %13 : [2, 3]
        output y = %14
        """,
        GraphDump.dump(g));
    assertEquals(
        List.of("weight", "table", "scale:weight", "scale:table"),
        quantize.stored(STORED).stream().map(StorageDeclaration::name).toList());
  }

  @Test
  void whatSomeStepReadsInAnotherWayStaysAsItIs() {
    GraphBuilder b = new GraphBuilder();
    int y = b.add(new Tanh(), b.add(new Stored("weight", WEIGHT)));
    Graph other = b.build("other", Map.of("y", y), Map.of());
    QuantizeWeights quantize = quantized(WeightType.INT8, linear(), other);
    assertEquals(WEIGHT, quantize.stored(STORED).getFirst().type());
    assertEquals(GraphDump.dump(other), GraphDump.dump(quantize.apply(other)));
  }

  @Test
  void kernelsOfConvolutionsStayAsTheyAre() {
    GraphBuilder b = new GraphBuilder();
    TensorType kernel = TensorType.f32(2, 1, 2, 2);
    int x = b.add(new Input("x", TensorType.f32(1, 1, 4, 4)));
    Window w = new Window(2, 1, 0, 0);
    int y = b.add(new Conv2d(w, w), x, b.add(new Stored("kernel", kernel)));
    Graph g = b.build("step", Map.of("y", y), Map.of());
    List<StorageDeclaration> stored =
        List.of(new StorageDeclaration("kernel", Role.PARAMETER, kernel));
    QuantizeWeights quantize = QuantizeWeights.of(WeightType.BF16, List.of(g), stored);
    assertEquals(stored, quantize.stored(stored));
    assertSame(g, quantize.apply(g));
  }

  @Test
  void aFactorOnTheLeftAndOutputChannelsAnywhereAreScaledToo() {
    for (String spec : List.of("oi,bi->ob", "io,bi->bo", "pio,bi->bop", "pio,bpi->bop")) {
      GraphBuilder b = new GraphBuilder();
      String weight = spec.substring(0, spec.indexOf(','));
      String input = spec.substring(spec.indexOf(',') + 1, spec.indexOf('-'));
      TensorType t = type(weight);
      int x = b.add(new Input("x", type(input)));
      int y = b.contract(spec, b.add(new Stored("w", t)), x);
      Graph g = b.build("step", Map.of("y", y), Map.of());
      compare(g, List.of(new StorageDeclaration("w", Role.PARAMETER, t)), Map.of("x", type(input)));
    }
  }

  private static TensorType type(String labels) {
    Map<Character, Integer> extents = Map.of('o', 3, 'i', 5, 'b', 2, 'p', 4);
    return TensorType.f32(labels.chars().map(l -> extents.get((char) l)).toArray());
  }

  /** A step with quantized weights gives what the wide one gives with those weights' values. */
  private static void compare(
      Graph g, List<StorageDeclaration> stored, Map<String, TensorType> inputTypes) {
    Random random = new Random(SEED);
    Map<String, double[]> inputs = new HashMap<>();
    inputTypes.forEach((name, t) -> inputs.put(name, TinyGenerator.reals(random, t)));
    Map<String, double[]> wide = new LinkedHashMap<>();
    stored.forEach(d -> wide.put(d.name(), TinyGenerator.reals(random, d.type())));
    GraphBuilder b = new GraphBuilder();
    Map<String, Integer> writes = new LinkedHashMap<>();
    stored.forEach(d -> writes.put(d.name(), b.add(new Input(d.name(), d.type()))));
    Graph init = b.build("init", Map.of(), writes);
    for (WeightType type : WeightType.quantized()) {
      QuantizeWeights quantize = QuantizeWeights.of(type, List.of(g, init), stored);
      Map<String, double[]> held =
          Interpreter.run(
                  Verifier.verified(quantize.apply(init)), Precision.AS_TYPED, wide, Map.of())
              .updates();
      Map<String, double[]> meant = new HashMap<>();
      for (StorageDeclaration d : stored) {
        meant.put(d.name(), meaning(type, d, quantize, held, wide.get(d.name())));
      }
      Graph step = Simplified.of(Verifier.verified(quantize.apply(g)));
      double[] got = Interpreter.run(step, Precision.AS_TYPED, inputs, held).outputs().get("y");
      double[] want = Interpreter.run(g, Precision.AS_TYPED, inputs, meant).outputs().get("y");
      assertArrayEquals(want, got, 1e-5, type + ", seed " + SEED + ", " + GraphDump.dump(g));
    }
  }

  /** The numbers that quantized weights stand for; they are near what was stored. */
  private static double[] meaning(
      WeightType type,
      StorageDeclaration d,
      QuantizeWeights quantize,
      Map<String, double[]> held,
      double[] wide) {
    double[] q = held.get(d.name());
    double[] scales = held.get(d.id().as(Role.SCALE).name());
    double[] meant = new double[wide.length];
    TensorType t = scales == null ? null : quantize.stored(List.of(d)).getLast().type();
    for (int i = 0; i < wide.length; i++) {
      double scale = scales == null ? 1 : scales[place(i, d.type(), t)];
      meant[i] = q[i] * scale;
      double near = scales == null ? Math.abs(wide[i]) * 0x1p-8 : 0.5001 * scale;
      assertTrue(Math.abs(meant[i] - wide[i]) <= near, wide[i] + " as " + meant[i]);
      if (scales == null) {
        assertEquals(Rounding.to(type.dtype(), wide[i]), q[i]);
      }
    }
    return meant;
  }

  private static int place(int i, TensorType full, TensorType scales) {
    int at = 0;
    int rest = i;
    long[] strides = scales.shape().strides();
    for (int d = full.shape().rank() - 1; d >= 0; d--) {
      at += scales.shape().dim(d) == 1 ? 0 : (int) (rest % full.shape().dim(d) * strides[d]);
      rest /= full.shape().dim(d);
    }
    return at;
  }
}
