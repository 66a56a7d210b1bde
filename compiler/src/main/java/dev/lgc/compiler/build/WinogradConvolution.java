package dev.lgc.compiler.build;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.RowFilter;
import dev.lgc.compiler.op.RowSpread;
import dev.lgc.compiler.op.Window;
import dev.lgc.dsl.type.Shape;
import java.util.OptionalInt;

/**
 * A convolution with half of the multiplications (Winograd's F(4, 3), arXiv:1509.09308), along rows
 * only:
 *
 * <pre>
 * conv2d(x, w)  →  Σ spread_i(conv2d(filter_i(x), filter_i(w)))   over i &lt; 6
 * </pre>
 *
 * <p>Of a tile of four rows and one more above and below, {@code filter_i} makes six rows; of the
 * three rows of a kernel, six too. Row i of the tile meets row i of the kernel only: six
 * convolutions by kernels of one row, each of a quarter as many rows as there are in the image.
 * {@code spread_i} adds their results up to the four rows of the tile ({@link ToomCook} has the
 * constants). So 6 · 3 = 18 multiplications make 4 pixels, where 4 · 9 = 36 did, and as few in both
 * gradients, which are derived from this. In exact arithmetic it is the same sum; in floats the
 * error about doubles.
 *
 * <p>Everything but the products works on whole rows, which are neighbours in memory. Tiles of rows
 * and columns would take 2.25 or 4 times fewer multiplications, but visit every second or fourth
 * pixel.
 */
final class WinogradConvolution {
  /** Rows of a tile. With more the constants grow, and the error with them. */
  private static final int OUTPUTS = 4;

  /** Rows of a kernel. */
  private static final int TAPS = 3;

  private static final int POINTS = OUTPUTS + TAPS - 1;

  /**
   * Operations to save for each byte more that is moved. In the time for ten of them processors and
   * accelerators alike move a byte; and products of a quarter of the rows are less efficient.
   */
  private static final long WORTH = 40;

  private WinogradConvolution() {}

  /** The convolution of {@code x} by {@code w}, if this is much less work. */
  static OptionalInt of(GraphBuilder b, int x, int w, Window rows, Window columns) {
    return fits(b.type(x).shape(), rows) && pays(b.type(x).shape(), b.type(w).shape(), columns)
        ? OptionalInt.of(tiled(b, x, w, rows, columns))
        : OptionalInt.empty();
  }

  /**
   * Returns true if tiles cover the result: three rows of a kernel, and a multiple of four of
   * results.
   */
  static boolean fits(Shape x, Window rows) {
    return rows.kernel() == TAPS && rows.stride() == 1 && rows.outputs(x.dim(2)) % OUTPUTS == 0;
  }

  /**
   * Returns true if the multiplications saved are worth the memory traffic. Six rows for four are
   * written and read, of the image and of the result, and 18 weights for nine.
   */
  private static boolean pays(Shape x, Shape w, Window columns) {
    long out = w.dim(0);
    long in = w.dim(1);
    long taps = w.dim(3);
    long pixels = (long) x.dim(0) * x.dim(2) * columns.outputs(x.dim(3));
    long saved = 2 * pixels * out * in * taps * (TAPS * OUTPUTS - POINTS) / OUTPUTS;
    long images = pixels * (in + out) * 2 * POINTS / OUTPUTS;
    long weights = out * in * taps * (TAPS + 2 * POINTS);
    return saved > WORTH * Float.BYTES * (images + weights);
  }

  /** The same convolution, whatever it costs. */
  static int tiled(GraphBuilder b, int x, int w, Window rows, Window columns) {
    ToomCook constants = ToomCook.of(OUTPUTS, TAPS);
    Window kernel = new Window(TAPS, TAPS, 0, 0);
    Window tiles = new Window(POINTS, OUTPUTS, rows.before(), rows.after());
    Window results = new Window(OUTPUTS, OUTPUTS, 0, 0);
    Window one = new Window(1, 1, 0, 0);
    int height = rows.outputs(b.type(x).shape().dim(2));
    // [taps of a row, out, rows, in]: the last axis is long, and what it reads lies near together.
    int weights = b.transpose(w, 3, 0, 2, 1);
    int[] images = new int[POINTS];
    int[] kernels = new int[POINTS];
    for (int i = 0; i < POINTS; i++) {
      images[i] = b.add(new RowFilter(tiles, constants.input().get(i)), x);
      kernels[i] = b.add(new RowFilter(kernel, constants.taps().get(i)), weights);
    }
    int sum = -1;
    for (int i = 0; i < POINTS; i++) {
      int product = b.add(new Conv2d(one, columns), images[i], b.transpose(kernels[i], 1, 3, 2, 0));
      int part = b.add(new RowSpread(results, constants.output().get(i), height), product);
      sum = i == 0 ? part : b.plus(sum, part);
    }
    return sum;
  }
}
