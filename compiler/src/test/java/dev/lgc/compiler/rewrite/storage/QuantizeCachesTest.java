package dev.lgc.compiler.rewrite.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.Simplified;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class QuantizeCachesTest {
  private static final TensorType CACHE = TensorType.f32(2, 8, 4);
  private static final StorageDeclaration KEYS =
      new StorageDeclaration(StoredId.cache("codes", CacheUse.KEYS, 0), CACHE);

  /** Replaces a position, and returns all. */
  private static Graph step(boolean readsBefore) {
    GraphBuilder b = new GraphBuilder();
    int cache = b.add(new Stored(KEYS.name(), CACHE));
    int x = b.add(new Input("x", TensorType.f32(2, 1, 4)));
    int at = b.add(new Input("at", TensorType.i32()));
    int updated = b.add(new DynamicUpdate(1), cache, x, at);
    Map<String, Integer> outputs = new LinkedHashMap<>();
    outputs.put("all", b.scale(updated, 2));
    if (readsBefore) {
      outputs.put("before", b.scale(cache, 2));
    }
    return b.build("step", outputs, Map.of(KEYS.name(), updated));
  }

  @Test
  void whatIsReplacedIsRoundedAndWhatIsReadIsWidened() {
    Graph g = step(false);
    QuantizeCaches quantized = QuantizeCaches.of(List.of(g), List.of(KEYS));
    assertEquals(
        """
        graph step
        %0 = stored cache:codes.keys0 : bf16[2, 8, 4]
        %1 = input x : [2, 1, 4]
        %2 = input at : int[]
        %3 = cast BF16 %1 : bf16[2, 1, 4]
        %4 = dynamicupdate 1 %0 %3 %2 : bf16[2, 8, 4]
        %5 = cast F32 %4 : [2, 8, 4]
        %6 = fill 2.0 : [2, 8, 4]
        %7 = mul %5 %6 : [2, 8, 4]
        output all = %7
        update cache:codes.keys0 = %4
        """,
        GraphDump.dump(Simplified.of(Verifier.verified(quantized.apply(g)))));
    TensorType held = quantized.stored(List.of(KEYS)).getFirst().type();
    assertEquals("bf16[2, 8, 4]", held.toString());
  }

  @Test
  void whatIsReadBeforeItIsReplacedStaysAsItIs() {
    Graph g = step(true);
    assertSame(g, QuantizeCaches.of(List.of(step(false), g), List.of(KEYS)).apply(g));
  }

  @Test
  void whatIsHeldWholeStaysAsItIs() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", CACHE));
    Graph prefill = b.build("prefill", Map.of(), Map.of(KEYS.name(), x));
    GraphBuilder s = new GraphBuilder();
    int read = s.scale(s.add(new Stored(KEYS.name(), CACHE)), 2);
    Graph step = s.build("step", Map.of("y", read), Map.of());
    QuantizeCaches quantized = QuantizeCaches.of(List.of(prefill, step), List.of(KEYS));
    assertSame(step, quantized.apply(step));
    assertSame(prefill, quantized.apply(prefill));
  }
}
