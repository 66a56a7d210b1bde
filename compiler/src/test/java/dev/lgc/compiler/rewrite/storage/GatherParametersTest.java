package dev.lgc.compiler.rewrite.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.After;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class GatherParametersTest {
  private static final TensorType MATRIX = TensorType.f32(8, 8);

  private static List<StorageDeclaration> declared(int layers, TensorType type) {
    return IntStream.range(0, layers)
        .mapToObj(
            i ->
                new StorageDeclaration(
                    new StoredId(Role.PARAMETER, "w" + i),
                    new ParameterBlock(type, 4, RankGroup.all(2))))
        .toList();
  }

  private static Graph gathered(GraphBuilder b, int y, int layers, TensorType type) {
    Graph g = b.build("step", Map.of("y", y), Map.of());
    return Verifier.verified(GatherParameters.of(declared(layers, type)).apply(g));
  }

  /** The paths of the parameters that are gathered, in the order of the graph. */
  private static List<String> order(Graph g) {
    List<String> paths = new ArrayList<>();
    for (Node n : g.nodes()) {
      if (n.op() instanceof AllGather) {
        paths.add(n.origin().module());
      }
    }
    return paths;
  }

  /** Products with some matrices, one after the other, and back again. */
  private static Graph thereAndBack(int layers, IntUnaryOperator read) {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", MATRIX));
    for (int i = 0; i < 2 * layers; i++) {
      int w = read.applyAsInt(i < layers ? i : 2 * layers - 1 - i);
      x = b.contract("ij,jk->ik", x, b.add(new Stored("w" + w, MATRIX)));
    }
    return gathered(b, x, layers, MATRIX);
  }

  @Test
  void whatIsReadAgainIsGatheredAgainUnlessItIsStillThere() {
    Graph g = thereAndBack(4, i -> i);
    assertEquals(List.of("w0", "w1", "w2", "w3", "w1", "w0"), order(g));
    // The first two when the step begins, each other one held back.
    assertEquals(4, g.nodes().stream().filter(n -> n.op() instanceof After).count());
  }

  @Test
  void whatIsReadAllTheTimeIsGatheredOnce() {
    assertEquals(List.of("w0"), order(thereAndBack(1, i -> 0)));
    assertEquals(List.of("w0", "w1"), order(thereAndBack(2, i -> i)));
  }

  @Test
  void aStepIsGatheredForOnce() {
    Graph g = thereAndBack(4, i -> i);
    assertSame(g, GatherParameters.of(declared(4, MATRIX)).apply(g));
  }

  @Test
  void whatIsMadeOfAParameterAloneIsMadeAgain() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", MATRIX));
    for (int i : new int[] {0, 1, 2, 3, 0}) {
      int w = b.transpose(b.scale(b.add(new Stored("w" + i, MATRIX)), 2), 1, 0);
      x = b.contract("ij,jk->ik", x, w);
    }
    assertEquals(List.of("w0", "w1", "w2", "w3", "w0"), order(gathered(b, x, 4, MATRIX)));
  }

  @Test
  void whatIsRoundedIsGatheredRounded() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", MATRIX.withDType(DType.BF16)));
    int y = b.contract("ij,jk->ik", x, b.cast(b.add(new Stored("w0", MATRIX)), DType.BF16));
    Graph g = gathered(b, y, 1, MATRIX);
    Node gather =
        g.nodes().stream().filter(n -> n.op() instanceof AllGather).findFirst().orElseThrow();
    assertEquals(new TensorType(DType.BF16, TensorType.f32(64).shape()), gather.type());
  }

  @Test
  void theEndOfTheLastBlockIsCutOff() {
    TensorType odd = TensorType.f32(3, 5);
    ParameterBlock block = new ParameterBlock(odd, 4, RankGroup.all(2));
    assertEquals(TensorType.f32(8), block.type());
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(2, 3)));
    int y = b.contract("ij,jk->ik", x, b.add(new Stored("w0", odd)));
    Graph g = gathered(b, y, 1, odd);
    assertTrue(g.nodes().stream().anyMatch(n -> n.type().equals(TensorType.f32(16))));
    assertTrue(g.nodes().stream().anyMatch(n -> n.type().equals(odd)));
  }
}
