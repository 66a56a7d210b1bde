package dev.lgc.compiler.autodiff;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.StopGradient;
import dev.lgc.compiler.op.Terms;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class AutodiffTest {
  private final GraphBuilder b = new GraphBuilder();
  private final int x = b.add(new Input("x", TensorType.f32(2)));
  private final int y = b.add(new Input("y", TensorType.f32(2)));

  private double[] value(int v) {
    Map<String, double[]> inputs = Map.of("x", new double[] {2, 3}, "y", new double[] {5, 7});
    return Interpreter.run(
            b.build("g", Map.of("v", v), Map.of()), Precision.AS_TYPED, inputs, Map.of())
        .outputs()
        .get("v");
  }

  @Test
  void contributionsOfEveryUseAreAdded() {
    int loss = b.sum(b.plus(b.mul(x, x), b.mul(x, y)));
    assertArrayEquals(new double[] {9, 13}, value(Autodiff.gradients(b, loss, List.of(x))[0]));
  }

  @Test
  void stoppedGradientsAreZero() {
    int loss = b.sum(b.mul(x, b.add(new StopGradient(), b.mul(x, y))));
    assertArrayEquals(new double[] {10, 21}, value(Autodiff.gradients(b, loss, List.of(x))[0]));
  }

  @Test
  void whatTheLossDoesNotReachHasNoGradient() {
    int loss = b.sum(b.mul(x, x));
    assertEquals(Terms.NONE, Autodiff.reached(b, loss, List.of(y))[0]);
    assertArrayEquals(new double[] {0, 0}, value(Autodiff.gradients(b, loss, List.of(y))[0]));
  }

  @Test
  void gradientsCanBeDifferentiatedAgain() {
    int cube = b.sum(b.mul(x, b.mul(x, x)));
    int first = Autodiff.gradients(b, cube, List.of(x))[0];
    int second = Autodiff.gradients(b, b.sum(first), List.of(x))[0];
    assertArrayEquals(new double[] {12, 18}, value(second));
  }

  @Test
  void onlyWhatLiesBetweenIsBuilt() {
    int far = b.exp(b.exp(y));
    int loss = b.sum(b.mul(x, far));
    int before = b.size();
    int g = Autodiff.gradients(b, loss, List.of(x))[0];
    assertArrayEquals(value(far), value(g));
    assertEquals(true, b.size() - before < 8);
  }
}
