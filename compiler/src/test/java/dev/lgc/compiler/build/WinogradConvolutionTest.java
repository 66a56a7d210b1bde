package dev.lgc.compiler.build;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Window;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class WinogradConvolutionTest {
  /** A convolution, and the gradients of image and weights of something that depends on it. */
  private record Case(TensorType image, TensorType weight, Window rows, Window columns) {
    Graph graph(boolean tiled) {
      GraphBuilder b = new GraphBuilder();
      int x = b.add(new Input("x", image));
      int w = b.add(new Input("w", weight));
      int y =
          tiled
              ? WinogradConvolution.tiled(b, x, w, rows, columns)
              : b.add(new Conv2d(rows, columns), x, w);
      int r = b.add(new Input("r", b.type(y)));
      int[] gradients = Autodiff.gradients(b, b.sum(b.mul(b.mul(y, y), r)), List.of(x, w));
      Map<String, Integer> outputs = new LinkedHashMap<>();
      outputs.put("y", y);
      outputs.put("dx", gradients[0]);
      outputs.put("dw", gradients[1]);
      return b.build("case", outputs, Map.of());
    }
  }

  @Test
  void isTheConvolutionAndSoAreItsGradients() {
    long seed = Long.getLong("lgc.seed", new Random().nextLong());
    Random random = new Random(seed);
    for (int i = 0; i < 30; i++) {
      int before = random.nextInt(3);
      int after = random.nextInt(3);
      int height = 4 * (1 + random.nextInt(3)) + 2 - before - after;
      Window rows = new Window(3, 1, before, after);
      Window columns =
          new Window(1 + random.nextInt(3), 1 + random.nextInt(2), random.nextInt(2), 1);
      int channels = 1 + random.nextInt(3);
      Case c =
          new Case(
              TensorType.f32(1 + random.nextInt(2), channels, height, 3 + random.nextInt(4)),
              TensorType.f32(1 + random.nextInt(3), channels, 3, columns.kernel()),
              rows,
              columns);
      String text = c + ", seed " + seed;
      assertEquals(true, WinogradConvolution.fits(c.image().shape(), rows), text);
      // The taps are divided by 6 and 24 in floats.
      EqualGraphs.check(c.graph(false), c.graph(true), 1e-4, random, text);
    }
  }

  private static boolean isTiled(int batch, int channels, int size, int kernel, int stride) {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(batch, channels, size, size)));
    int w = b.add(new Input("w", TensorType.f32(channels, channels, kernel, kernel)));
    int around = kernel / 2;
    int y = Windows.convolution(b, x, w, stride, List.of(around, around, around, around), false);
    return !(b.node(y).op() instanceof Conv2d);
  }

  @Test
  void paysWhereThereAreManyChannelsAndManyMorePixels() {
    assertEquals(true, isTiled(1, 128, 128, 3, 1));
    assertEquals(true, isTiled(1, 256, 64, 3, 1));
    assertEquals(true, isTiled(4, 256, 32, 3, 1));
    assertEquals(false, isTiled(1, 256, 32, 3, 1));
    assertEquals(false, isTiled(1, 512, 16, 3, 1));
    assertEquals(false, isTiled(8, 64, 256, 3, 1));
    assertEquals(false, isTiled(1, 3, 256, 3, 1));
  }

  @Test
  void otherKernelsStridesAndHeightsAreLeftAlone() {
    assertEquals(false, isTiled(1, 256, 64, 1, 1));
    assertEquals(false, isTiled(1, 256, 64, 5, 1));
    assertEquals(false, isTiled(1, 256, 128, 3, 2));
    assertEquals(false, isTiled(1, 256, 66, 3, 1));
  }
}
