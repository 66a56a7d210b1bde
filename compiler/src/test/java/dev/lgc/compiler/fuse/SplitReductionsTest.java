package dev.lgc.compiler.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.Input;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("backend")
final class SplitReductionsTest {
  private static Graph reduced(Reducer r, Shape from, List<Integer> axes) {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", new TensorType(DType.F32, from)));
    return b.build("g", Map.of("y", b.reduce(r, x, axes)), Map.of());
  }

  @Test
  void aLongSumToOneNumberIsASumOfPartialSums() {
    Graph g = reduced(Reducer.SUM, Shape.of(2304, 768), List.of(0, 1));
    String after =
        GraphDump.dump(Verifier.verified(SplitReductions.of(g, JvmFusion.LIMITS)))
            .replaceAll(" +", " ");
    assertEquals(
        """
        %0 = input x : [2304, 768]
        %1 = reshape [256, 6912] %0 : [256, 6912]
        %2 = sum [1] %1 : [256]
        %3 = sum [0] %2 : []
        output y = %3
        """
            .strip(),
        after.substring(after.indexOf('\n') + 1).strip());
  }

  @Test
  void whatIsShortOrHasManyResultsStays() {
    Graph few = reduced(Reducer.SUM, Shape.of(64), List.of(0));
    assertSame(few, SplitReductions.of(few, JvmFusion.LIMITS));
    Graph many = reduced(Reducer.SUM, Shape.of(4096, 512), List.of(1));
    assertSame(many, SplitReductions.of(many, JvmFusion.LIMITS));
  }

  @ParameterizedTest
  @EnumSource(
      value = Reducer.class,
      names = {"SUM", "MAX", "MIN"})
  void theResultIsTheSameNumber(Reducer r) {
    long seed = new Random().nextLong();
    double[] x = new Random(seed).doubles(16 * 8192, -1, 1).toArray();
    Graph g = reduced(r, Shape.of(16, 2, 4096), List.of(0, 2));
    double[] whole = run(g, x);
    double[] split = run(SplitReductions.of(g, JvmFusion.LIMITS), x);
    for (int i = 0; i < whole.length; i++) {
      assertEquals(whole[i], split[i], 1e-9, "seed " + seed);
    }
  }

  private static double[] run(Graph g, double[] x) {
    return Interpreter.run(g, Precision.DOUBLE, Map.of("x", x), Map.of()).outputs().get("y");
  }
}
