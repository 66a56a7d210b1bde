package dev.lgc.compiler.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.ArgReduce;
import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Tanh;
import dev.lgc.compiler.op.Window;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class MixedPrecisionTest {
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextLong());

  /** A layer, and what its weight learns from the sum of the squares of its results. */
  private static Graph layer() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Tanh(), b.add(new Input("x", TensorType.f32(32, 40))));
    int w = b.add(new Stored("w", TensorType.f32(64, 40)));
    int y = b.contract("bi,oi->bo", x, w);
    int loss = b.sum(b.mul(y, y));
    int[] g = Autodiff.gradients(b, loss, List.of(w));
    return Simplified.of(b.build("step", Map.of("loss", loss), Map.of("gradient:w", g[0])));
  }

  @Test
  void factorsAreRoundedOnceAndSumsAreNot() {
    Graph g = Verifier.verified(MixedPrecision.of(layer()));
    assertEquals(
        """
        graph step
        %0 = input x : [32, 40]
        %1 = tanh %0 : [32, 40]
        %2 = stored w : [64, 40]
        %3 = cast BF16 %1 : bf16[32, 40]
        %4 = cast BF16 %2 : bf16[64, 40]
        %5 = contract bi,oi->bo %3 %4 : [32, 64]
        %6 = mul %5 %5 : [32, 64]
        %7 = sum [0, 1] %6 : []
        %8 = add %5 %5 : [32, 64]                                   grad
        %9 = cast BF16 %8 : bf16[32, 64]                            grad
        %10 = contract bo,bi->oi %9 %3 : [64, 40]                   grad
        output loss = %7
        update gradient:w = %10
        """,
        GraphDump.dump(g));
  }

  @Test
  void whatIsComputedIsTheProductOfTheRoundedFactors() {
    GraphBuilder b = new GraphBuilder();
    TensorType left = TensorType.f32(33, 40);
    TensorType right = TensorType.f32(32, 40);
    int x = b.add(new Input("x", left));
    int y = b.contract("bi,oi->bo", x, b.add(new Input("w", right)));
    Graph g = b.build("step", Map.of("y", y), Map.of());
    Random random = new Random(SEED);
    Map<String, double[]> given = new HashMap<>();
    given.put("x", TinyGenerator.reals(random, left));
    given.put("w", TinyGenerator.reals(random, right));
    Map<String, double[]> rounded = new HashMap<>();
    given.forEach(
        (name, v) ->
            rounded.put(name, Arrays.stream(v).map(e -> Rounding.toBf16((float) e)).toArray()));
    assertArrayEquals(
        Interpreter.run(g, Precision.AS_TYPED, rounded, Map.of()).outputs().get("y"),
        Interpreter.run(MixedPrecision.of(g), Precision.AS_TYPED, given, Map.of())
            .outputs()
            .get("y"),
        "seed " + SEED);
  }

  @Test
  void whatIsOnlyMovedIsRoundedBeneath() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(4, 8, 40)));
    int w = b.add(new Stored("w", TensorType.f32(64, 40)));
    int rows = b.contract("bi,oi->bo", b.reshape(x, 32, 40), w);
    int again = b.contract("abi,oi->abo", x, w);
    Graph g = b.build("step", Map.of("rows", rows, "again", again), Map.of());
    assertEquals(2, casts(MixedPrecision.of(g)));
  }

  @Test
  void batchesShortSumsAndFewRowsStayAsTheyAre() {
    for (String spec : List.of("zmk,znk->zmn", "md,nd->mn", "fk,nk->fn", "mk,fk->mf", "mk,k->m")) {
      GraphBuilder b = new GraphBuilder();
      int x = b.add(new Input("x", type(spec.substring(0, spec.indexOf(',')))));
      int w = b.add(new Input("w", type(spec.substring(spec.indexOf(',') + 1, spec.indexOf('-')))));
      Graph g = b.build("step", Map.of("y", b.contract(spec, x, w)), Map.of());
      assertEquals(GraphDump.dump(g), GraphDump.dump(MixedPrecision.of(g)));
    }
  }

  private static TensorType type(String labels) {
    Map<Character, Integer> extents = Map.of('m', 64, 'n', 64, 'k', 64, 'z', 2, 'd', 31, 'f', 31);
    return TensorType.f32(labels.chars().map(l -> extents.get((char) l)).toArray());
  }

  @Test
  void convolutionsAreRoundedWhereTheyHaveChannelsEnough() {
    assertEquals(0, casts(MixedPrecision.of(convolution(3))));
    assertEquals(2, casts(Verifier.verified(MixedPrecision.of(convolution(4)))));
  }

  @Test
  void functionsAreRoundedFromFewerUses() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(64, 64)));
    int w = b.add(new Stored("w", TensorType.f32(16, 64)));
    Graph g = b.build("step", Map.of("y", b.contract("mk,nk->mn", x, w)), Map.of());
    assertEquals(0, casts(MixedPrecision.of(g)));
    assertEquals(2, casts(Verifier.verified(MixedPrecision.ofInference(g))));
  }

  @Test
  void weightsStoredInBf16AreFactorsAsTheyStand() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(64, 64)));
    int w = b.add(new Stored("w", TensorType.f32(64, 64).withDType(DType.BF16)));
    int y = b.contract("mk,nk->mn", x, b.cast(w, DType.F32));
    Graph g = Simplified.of(MixedPrecision.ofInference(b.build("step", Map.of("y", y), Map.of())));
    assertEquals(
        """
        graph step
        %0 = input x : [64, 64]
        %1 = stored w : bf16[64, 64]
        %2 = cast BF16 %0 : bf16[64, 64]
        %3 = contract mk,nk->mn %2 %1 : [64, 64]
        output y = %3
        """,
        GraphDump.dump(g));
  }

  @Test
  void productsThatAreOnlyComparedStayAsTheyAre() {
    assertEquals(0, casts(MixedPrecision.ofInference(nearest(false))));
    assertEquals(2, casts(Verifier.verified(MixedPrecision.ofInference(nearest(true)))));
  }

  /** The nearest of 64 codes, with the distances or without. */
  private static Graph nearest(boolean distances) {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(64, 64)));
    int codes = b.add(new Stored("codes", TensorType.f32(64, 64)));
    int far = b.scale(b.contract("mk,nk->mn", x, codes), -2);
    int code = b.add(new ArgReduce(Reducer.ARGMIN, 1), far);
    return b.build(
        "step", distances ? Map.of("far", far, "code", code) : Map.of("code", code), Map.of());
  }

  @Test
  void aSumOfProductsIsStoredBeforeItIsRounded() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(64, 64)));
    int w = b.add(new Stored("w", TensorType.f32(64, 64)));
    int v = b.add(new Stored("v", TensorType.f32(64, 64)));
    int y = b.contract("mk,nk->mn", b.contract("mk,nk->mn", x, w), v);
    String dump =
        GraphDump.dump(MixedPrecision.ofInference(b.build("step", Map.of("y", y), Map.of())));
    assertTrue(dump.contains("after"), dump);
  }

  private static Graph convolution(int channels) {
    GraphBuilder b = new GraphBuilder();
    Window w = new Window(3, 1, 1, 1);
    int x = b.add(new Input("x", TensorType.f32(1, channels, 8, 8)));
    int kernel = b.add(new Stored("kernel", TensorType.f32(8, channels, 3, 3)));
    return b.build("step", Map.of("y", b.add(new Conv2d(w, w), x, kernel)), Map.of());
  }

  private static long casts(Graph g) {
    return IntStream.range(0, g.nodes().size())
        .filter(i -> g.node(i).op().name().startsWith("cast"))
        .count();
  }
}
