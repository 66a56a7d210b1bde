package dev.lgc.compiler.emit.tornado;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Broadcast;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** More elements or points than a device counts are refused by name and limit. */
@Tag("pure")
final class CountsTest {
  private static String refused(GraphBuilder b, int y) {
    Graph graph = b.build("g", Map.of("y", y), Map.of());
    ExecutionPlan plan =
        new Planner(JvmFusion.LIMITS)
            .plan(new Planner.Job("m", List.of(), List.of(StepGraph.of(graph))));
    UnsupportedException e =
        assertThrows(
            UnsupportedException.class, () -> LayoutBuilder.layout(plan, DeviceLimits.PORTABLE));
    return e.getMessage();
  }

  @Test
  void aTensor() {
    GraphBuilder b = new GraphBuilder();
    String said =
        refused(b, b.add(new Fill(1, new TensorType(DType.BOOL, Shape.of(65537, 65537)))));
    assertTrue(said.contains("4295098432 elements, and an array of the device holds"), said);
  }

  @Test
  void theTermsOfASum() {
    GraphBuilder b = new GraphBuilder();
    int rows = b.add(new Input("x", TensorType.f32(65536, 1)));
    int columns = b.add(new Input("z", TensorType.f32(1, 65536)));
    Broadcast square = new Broadcast(Shape.of(65536, 65536));
    int sum = b.plus(b.add(square, rows), b.add(square, columns));
    String said = refused(b, b.sum(sum, List.of(0, 1)));
    assertTrue(said.contains("4294967296"), said);
    assertTrue(said.contains("of the device"), said);
  }
}
