package dev.lgc.compiler.build;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.MaxPool2d;
import dev.lgc.compiler.op.SumPool2d;
import dev.lgc.compiler.op.Window;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.OptionalInt;

/** Convolutions and pools of square windows. */
final class Windows {
  private Windows() {}

  /**
   * The convolution of {@code x} by {@code w}, in the form with the least work.
   *
   * @param direct true for no tiles by Winograd
   */
  static int convolution(
      GraphBuilder b, int x, int w, int stride, List<Integer> padding, boolean direct) {
    Shape s = b.type(w).shape();
    Window rows = new Window(s.dim(2), stride, padding.get(0), padding.get(1));
    Window columns = new Window(s.dim(3), stride, padding.get(2), padding.get(3));
    OptionalInt less = UpsampledConvolution.of(b, x, w, rows, columns);
    if (less.isEmpty() && !direct) {
      less = WinogradConvolution.of(b, x, w, rows, columns);
    }
    return less.orElseGet(() -> b.add(new Conv2d(rows, columns), x, w));
  }

  static int maxPool(GraphBuilder b, int x, int kernel, int stride, int padding) {
    Window w = new Window(kernel, stride, padding, padding);
    return b.add(new MaxPool2d(w, w), x);
  }

  /** The sum of each window over the number of its elements that are not padding. */
  static int meanPool(GraphBuilder b, int x, int kernel, int stride, int padding) {
    Window w = new Window(kernel, stride, padding, padding);
    int sum = b.add(new SumPool2d(w, w), x);
    TensorType type = b.type(sum);
    if (padding == 0) {
      return b.div(sum, b.fill((double) kernel * kernel, type));
    }
    Shape s = b.type(x).shape();
    int rows = type.shape().dim(2);
    int columns = type.shape().dim(3);
    double[] counts = new double[rows * columns];
    for (int i = 0; i < counts.length; i++) {
      int high = covered(w, i / columns, s.dim(2));
      counts[i] = high * covered(w, i % columns, s.dim(3));
    }
    int table = b.add(new Dense(TensorType.f32(rows, columns), counts));
    return b.div(sum, b.broadcast(table, type.shape()));
  }

  private static int covered(Window w, int output, int extent) {
    int start = output * w.stride() - w.before();
    return Math.min(start + w.kernel(), extent) - Math.max(start, 0);
  }
}
