package dev.lgc.compiler.build;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Broadcast;
import dev.lgc.compiler.op.Conv2dInputGradient;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.Window;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.OptionalInt;

/**
 * A convolution of an image whose elements were each repeated s times, without the repetitions:
 *
 * <pre>
 * conv2d(upsample(x, s), w)  →  transposed_conv2d(x, contract(w, repeated), stride: s)
 * </pre>
 *
 * <p>Along one axis, tap t of output y meets element ⌊(y + t - before) / s⌋ of x. So element i
 * meets the s taps {@code s i - y + before + d}, d &lt; s, and needs their sum only: tap k of a
 * transposed convolution of kernel K + s - 1 and stride s, with weights {@code w'[k] = Σ w[K - 1 +
 * d - k]}. An output sees ⌈(K + s - 1) / s⌉ of its taps, where it saw K: for a kernel of 3 and
 * upsampling by 2, 4/9 of the multiplications, and as few in both gradients, which are derived from
 * it. Nothing is approximated: sums are only taken in another order.
 */
final class UpsampledConvolution {
  private UpsampledConvolution() {}

  /** The convolution of {@code x} by {@code w}, if x was upsampled and this is less work. */
  static OptionalInt of(GraphBuilder b, int x, int w, Window rows, Window columns) {
    int source = upsampled(b, x);
    if (source < 0) {
      return OptionalInt.empty();
    }
    Shape small = b.type(source).shape();
    Shape large = b.type(x).shape();
    int down = large.dim(2) / small.dim(2);
    int across = large.dim(3) / small.dim(3);
    if (!pays(rows, down) || !pays(columns, across)) {
      return OptionalInt.empty();
    }
    // In memory, output channels are neighbours: who packs some of the taps reads runs of them.
    int taps = b.contract("oiyx,uvyx->iuvo", w, repeated(b, rows, down, columns, across));
    return OptionalInt.of(
        b.add(
            new Conv2dInputGradient(
                transposed(rows, down),
                transposed(columns, across),
                rows.outputs(large.dim(2)),
                columns.outputs(large.dim(3))),
            source,
            b.transpose(taps, 0, 3, 1, 2)));
  }

  /** The value [b, c, h, w] whose elements [b, c, h s, w t] repeats; negative if there is none. */
  private static int upsampled(GraphBuilder b, int x) {
    if (!(b.node(x).op() instanceof Reshape)) {
      return -1;
    }
    int repeated = b.operands(x)[0];
    if (!(b.node(repeated).op() instanceof Broadcast)) {
      return -1;
    }
    int split = b.operands(repeated)[0];
    if (!(b.node(split).op() instanceof Reshape)) {
      return -1;
    }
    int source = b.operands(split)[0];
    Shape s = b.type(source).shape();
    Shape r = b.type(repeated).shape();
    Shape whole = b.type(x).shape();
    boolean images =
        s.rank() == 4
            && r.rank() == 6
            && whole.rank() == 4
            && b.type(split).shape().equals(Shape.of(s.dim(0), s.dim(1), s.dim(2), 1, s.dim(3), 1))
            && whole.equals(Shape.of(s.dim(0), s.dim(1), s.dim(2) * r.dim(3), s.dim(3) * r.dim(5)));
    return images ? source : -1;
  }

  private static boolean pays(Window w, int factor) {
    return w.stride() == 1
        && factor > 1
        && w.kernel() > 1
        && w.before() < w.kernel()
        && w.after() < w.kernel();
  }

  private static Window transposed(Window w, int factor) {
    int last = w.kernel() - 1;
    return new Window(w.kernel() + factor - 1, factor, last - w.before(), last - w.after());
  }

  /** 1 where tap (y, x) is part of the sum (u, v), else 0. */
  private static int repeated(GraphBuilder b, Window rows, int down, Window columns, int across) {
    int high = rows.kernel();
    int wide = columns.kernel();
    TensorType type = TensorType.f32(high + down - 1, wide + across - 1, high, wide);
    double[] table = new double[(int) type.shape().elements()];
    int at = 0;
    for (int u = 0; u < high + down - 1; u++) {
      for (int v = 0; v < wide + across - 1; v++) {
        for (int y = 0; y < high; y++) {
          for (int x = 0; x < wide; x++) {
            boolean met = isPart(y, u, high, down) && isPart(x, v, wide, across);
            table[at++] = met ? 1 : 0;
          }
        }
      }
    }
    return b.add(new Dense(type, table));
  }

  private static boolean isPart(int tap, int sum, int kernel, int factor) {
    int d = tap - (kernel - 1 - sum);
    return 0 <= d && d < factor;
  }
}
