package dev.lgc.compiler.build;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.Conv2dInputGradient;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Window;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class UpsampledConvolutionTest {
  /** A convolution of an upsampled image, weighted by {@code r} so that it has gradients. */
  private record Case(TensorType image, int factor, TensorType weight, int stride, int[] padding) {
    List<Integer> around() {
      return List.of(padding[0], padding[1], padding[2], padding[3]);
    }

    /** The convolution, and the gradients of image and weights. */
    Graph graph(boolean rewritten) {
      GraphBuilder b = new GraphBuilder();
      int x = b.add(new Input("x", image));
      int w = b.add(new Input("w", weight));
      Shape s = image.shape();
      int split = b.reshape(x, s.dim(0), s.dim(1), s.dim(2), 1, s.dim(3), 1);
      Shape repeated = Shape.of(s.dim(0), s.dim(1), s.dim(2), factor, s.dim(3), factor);
      int large =
          b.reshape(
              b.broadcast(split, repeated),
              s.dim(0),
              s.dim(1),
              s.dim(2) * factor,
              s.dim(3) * factor);
      int y =
          rewritten
              ? Windows.convolution(b, large, w, stride, around(), false)
              : b.add(
                  new Conv2d(
                      new Window(weight.shape().dim(2), stride, padding[0], padding[1]),
                      new Window(weight.shape().dim(3), stride, padding[2], padding[3])),
                  large,
                  w);
      int r = b.add(new Input("r", b.type(y)));
      int[] gradients = Autodiff.gradients(b, b.sum(b.mul(b.mul(y, y), r)), List.of(x, w));
      Map<String, Integer> outputs = new LinkedHashMap<>();
      outputs.put("y", y);
      outputs.put("dx", gradients[0]);
      outputs.put("dw", gradients[1]);
      return b.build("case", outputs, Map.of());
    }

    boolean isRewritten() {
      Graph g = graph(true);
      return g.node(g.outputs().get("y")).op() instanceof Conv2dInputGradient;
    }
  }

  private static Case square(int factor, int kernel, int stride, int padding) {
    return new Case(
        TensorType.f32(1, 2, 6, 6),
        factor,
        TensorType.f32(3, 2, kernel, kernel),
        stride,
        new int[] {padding, padding, padding, padding});
  }

  @Test
  void isTheConvolutionOfTheRepeatedElements() {
    long seed = Long.getLong("lgc.seed", new Random().nextLong());
    Random random = new Random(seed);
    for (int i = 0; i < 30; i++) {
      int high = 2 + random.nextInt(4);
      int wide = 2 + random.nextInt(4);
      int[] padding = {
        random.nextInt(high), random.nextInt(high), random.nextInt(wide), random.nextInt(wide)
      };
      int channels = 1 + random.nextInt(3);
      Case c =
          new Case(
              TensorType.f32(1 + random.nextInt(2), channels, 3, 4),
              2 + random.nextInt(2),
              TensorType.f32(1 + random.nextInt(3), channels, high, wide),
              1,
              padding);
      String text = c + ", padding " + c.around() + ", seed " + seed;
      assertEquals(true, c.isRewritten(), text);
      EqualGraphs.check(c.graph(false), c.graph(true), 1e-9, random, text);
    }
  }

  @Test
  void aKernelOfThreeAfterUpsamplingByTwoIsATransposedConvolutionOfFour() {
    Graph g = square(2, 3, 1, 1).graph(true);
    Window w = new Window(4, 2, 1, 1);
    assertEquals(new Conv2dInputGradient(w, w, 12, 12), g.node(g.outputs().get("y")).op());
  }

  @Test
  void convolutionsThatSkipPixelsOrSeeOneAreLeftAlone() {
    assertEquals(false, square(2, 3, 2, 1).isRewritten());
    assertEquals(false, square(2, 1, 1, 0).isRewritten());
    assertEquals(false, square(1, 3, 1, 1).isRewritten());
    assertEquals(false, square(2, 3, 1, 3).isRewritten());
  }
}
