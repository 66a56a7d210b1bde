package dev.lgc.compiler.rewrite.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.Simplified;
import dev.lgc.compiler.rewrite.TinyGenerator;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class PackWeightsTest {
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextLong());

  private static Graph product(String spec, TensorType input, TensorType weight) {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", input));
    int w = b.add(new Stored("w", weight));
    boolean first = spec.indexOf('o') < spec.indexOf(',');
    int y = first ? b.contract(spec, w, x) : b.contract(spec, x, w);
    return b.build("step", Map.of("y", y), Map.of());
  }

  private static List<StorageDeclaration> stored(TensorType weight) {
    return List.of(new StorageDeclaration("w", Role.PARAMETER, weight));
  }

  @Test
  void outputChannelsAreCutIntoPanelsAndJoinedAfterTheSum() {
    TensorType w = TensorType.f32(128, 5);
    Graph g = product("bsi,oi->bso", TensorType.f32(2, 3, 5), w);
    PackWeights pack = PackWeights.of(List.of(g), stored(w));
    assertEquals(
        """
        graph step
        %0 = input x : [2, 3, 5]
        %1 = stored w : [2, 5, 64]
        %2 = contract bsi,aio->bsao %0 %1 : [2, 3, 2, 64]
        %3 = reshape [2, 3, 128] %2 : [2, 3, 128]
        output y = %3
        """,
        GraphDump.dump(Verifier.verified(pack.apply(g))));
    StorageDeclaration packed = pack.stored(stored(w)).getFirst();
    assertEquals(TensorLayout.ROW_PANELS, packed.layout());
    assertEquals(w.shape(), packed.layout().declared(packed.type().shape()));
  }

  @Test
  void productsAreTheSameWhateverTheOrderOfAxes() {
    for (String spec : List.of("bi,oi->bo", "bi,io->bo", "oi,bi->ob", "io,bi->bo")) {
      boolean outputFirst = spec.contains("oi");
      TensorType w = outputFirst ? TensorType.f32(192, 7) : TensorType.f32(7, 192);
      Graph g = product(spec, TensorType.f32(3, 7), w);
      Random random = new Random(SEED);
      Map<String, double[]> inputs = Map.of("x", TinyGenerator.reals(random, TensorType.f32(3, 7)));
      Map<String, double[]> wide = Map.of("w", TinyGenerator.reals(random, w));
      GraphBuilder b = new GraphBuilder();
      Graph init = b.build("init", Map.of(), Map.of("w", b.add(new Input("w", w))));
      PackWeights pack = PackWeights.of(List.of(g, init), stored(w));
      Map<String, double[]> packed =
          Interpreter.run(Verifier.verified(pack.apply(init)), Precision.AS_TYPED, wide, Map.of())
              .updates();
      Graph step = Simplified.of(Verifier.verified(pack.apply(g)));
      assertArrayEquals(
          Interpreter.run(g, Precision.AS_TYPED, inputs, wide).outputs().get("y"),
          Interpreter.run(step, Precision.AS_TYPED, inputs, packed).outputs().get("y"),
          spec + ", seed " + SEED);
    }
  }

  @Test
  void whatIsLookedUpAndWhatIsNoMultipleOfAPanelStaysAsItIs() {
    TensorType odd = TensorType.f32(70, 5);
    Graph product = product("bi,oi->bo", TensorType.f32(2, 5), odd);
    assertSame(product, PackWeights.of(List.of(product), stored(odd)).apply(product));

    TensorType table = TensorType.f32(64, 5);
    GraphBuilder b = new GraphBuilder();
    int codes = b.add(new Input("codes", TensorType.i32(2)));
    int rows = b.add(new Gather(), b.add(new Stored("w", table)), codes);
    Graph lookup = b.build("step", Map.of("y", rows), Map.of());
    assertSame(lookup, PackWeights.of(List.of(lookup), stored(table)).apply(lookup));
  }

  @Test
  void quantizedPanelsHaveAScaleForEachOutputChannel() {
    TensorType w = TensorType.f32(64, 5);
    Graph g = product("bi,oi->bo", TensorType.f32(2, 5), w);
    PackWeights pack = PackWeights.of(List.of(g), stored(w));
    List<StorageDeclaration> packed = pack.stored(stored(w));
    QuantizeWeights quantize = QuantizeWeights.of(WeightType.INT8, List.of(pack.apply(g)), packed);
    List<StorageDeclaration> both = quantize.stored(packed);
    assertEquals(TensorLayout.ROW_PANELS, both.getFirst().layout());
    assertEquals(TensorType.f32(1, 1, 64), both.getLast().type());
  }
}
