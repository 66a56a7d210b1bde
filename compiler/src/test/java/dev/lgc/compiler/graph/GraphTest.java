package dev.lgc.compiler.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.op.Add;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class GraphTest {
  private final GraphBuilder b = new GraphBuilder();
  private final int x = b.add(new Input("x", TensorType.f32(2, 3)));

  @Test
  void equalNodesAreOne() {
    assertEquals(b.plus(x, x), b.plus(x, x));
    assertEquals(2, b.size());
  }

  @Test
  void deadNodesAreLeftOut() {
    b.neg(x);
    int sum = b.plus(x, x);
    Graph g = b.build("g", Map.of("y", sum), Map.of());
    assertEquals(2, g.nodes().size());
    assertEquals(1, g.outputs().get("y"));
  }

  @Test
  void dumpsNameTypesAndOrigins() {
    Origin origin = new Origin(new SourcePlace("a.arch", 3, 7), "layers.0", "grad");
    int w = b.add(new Stored("w", TensorType.f32(4, 3)));
    int y = b.at(origin, () -> b.contract("bi,oi->bo", x, w));
    assertEquals(
        """
        graph g
        %0 = input x : [2, 3]
        %1 = stored w : [4, 3]
        %2 = contract bi,oi->bo %0 %1 : [2, 4]                      layers.0 a.arch:3:7 grad
        output y = %2
        """,
        GraphDump.dump(b.build("g", Map.of("y", y), Map.of())));
  }

  @Test
  void operandsThatDoNotFitAreRefusedWithTheirPlace() {
    int y = b.add(new Input("y", TensorType.f32(3)));
    String message = assertThrows(IllegalArgumentException.class, () -> b.plus(x, y)).getMessage();
    assertTrue(message.contains("add of [[2, 3], [3]]"), message);
  }

  @Test
  void theVerifierNamesWrongTypesAndUpdates() {
    TensorType type = TensorType.f32(2);
    Node in = new Node(new Input("x", type), List.of(), type, Origin.NONE);
    Node read = new Node(new Stored("w", type), List.of(), type, Origin.NONE);
    Node sum = new Node(new Add(), List.of(0, 0), TensorType.f32(3), Origin.NONE);
    assertEquals(
        List.of("g %1 Add[] ((derived)): is [2], said to be [3]"),
        Verifier.problems(new Graph("g", List.of(in, sum), Map.of(), Map.of())));
    Node other =
        new Node(new Input("y", TensorType.f32(3)), List.of(), TensorType.f32(3), Origin.NONE);
    assertEquals(
        List.of("update w: is [3], elsewhere [2]"),
        Verifier.problems(new Graph("g", List.of(read, other), Map.of(), Map.of("w", 1))));
  }
}
