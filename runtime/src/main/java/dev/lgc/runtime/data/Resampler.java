package dev.lgc.runtime.data;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Resizes pictures as Pillow does, to the bit: a separable filter whose support grows with the
 * reduction (so that it does not alias), coefficients in fixed point with 22 fractional bits, rows
 * first, each pass rounded to 8 bits. Only the window that is asked for is computed.
 *
 * <p>Not for use by several threads at once: it keeps its scratch memory.
 */
final class Resampler {
  /** The weights of neighbouring pixels. */
  enum Filter {
    /** The mean of the pixels covered. */
    BOX(0.5),
    /** Keys' cubic with a = -1/2. */
    BICUBIC(2);

    final double support;

    Filter(double support) {
      this.support = support;
    }

    double weight(double x) {
      return switch (this) {
        case BOX -> x > -0.5 && x <= 0.5 ? 1 : 0;
        case BICUBIC -> cubic(Math.abs(x));
      };
    }

    private static double cubic(double x) {
      double a = -0.5;
      if (x < 1) {
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
  }

  private static final int FRACTION = 32 - 8 - 2;

  /** The start of a sum of weighted samples, with which {@link #clip} rounds. */
  static final int HALF = 1 << (FRACTION - 1);

  private static final int REMEMBERED = 32;

  private final Map<Key, Taps> remembered =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Taps> eldest) {
          return size() > REMEMBERED;
        }
      };
  private byte[] rows = new byte[0];

  /**
   * One axis of a resize: from {@code in} pixels to {@code out}, of which {@code count} at {@code
   * from}.
   */
  private record Key(int in, int out, int from, int count, Filter filter) {}

  /** For each output pixel, its first input pixel, how many there are, and their weights. */
  record Taps(int width, int[] first, int[] count, int[] weights) {}

  /**
   * Makes {@code into} the window of {@code w} by {@code h} pixels at {@code (x, y)} of {@code
   * from} resized to {@code width} by {@code height}.
   */
  void window(
      Picture from,
      int width,
      int height,
      Filter filter,
      int x,
      int y,
      int w,
      int h,
      Picture into) {
    if (width == from.width() && height == from.height()) {
      from.cut(x, y, w, h, into);
      return;
    }
    Taps across = taps(new Key(from.width(), width, x, w, filter));
    Taps down = taps(new Key(from.height(), height, y, h, filter));
    int top = down.first[0];
    int bottom = down.first[h - 1] + down.count[h - 1];
    long scratch = 3L * w * (bottom - top);
    if (rows.length < scratch) {
      rows = new byte[Math.toIntExact(scratch)];
    }
    // A pass that keeps the size has a single weight of one for each pixel and changes nothing.
    across(from, across, top, bottom, w);
    into.resize(w, h);
    down(down, top, w, h, into.rgb());
  }

  private void across(Picture from, Taps taps, int top, int bottom, int w) {
    byte[] in = from.rgb();
    for (int y = top; y < bottom; y++) {
      across(in, 3 * y * from.width(), taps, w, rows, 3 * (y - top) * w);
    }
  }

  /** Resizes the row at {@code in[row]} to {@code w} pixels at {@code to[out]}. */
  static void across(byte[] in, int row, Taps taps, int w, byte[] to, int out) {
    for (int x = 0; x < w; x++, out += 3) {
      int r = HALF;
      int g = r;
      int b = r;
      int at = row + 3 * taps.first[x];
      int k = x * taps.width;
      for (int end = k + taps.count[x]; k < end; k++, at += 3) {
        int weight = taps.weights[k];
        r += (in[at] & 0xff) * weight;
        g += (in[at + 1] & 0xff) * weight;
        b += (in[at + 2] & 0xff) * weight;
      }
      to[out] = clip(r);
      to[out + 1] = clip(g);
      to[out + 2] = clip(b);
    }
  }

  private void down(Taps taps, int top, int w, int h, byte[] out) {
    int stride = 3 * w;
    for (int y = 0; y < h; y++) {
      int first = (taps.first[y] - top) * stride;
      int k0 = y * taps.width;
      int count = taps.count[y];
      for (int i = 0; i < stride; i++) {
        int sum = HALF;
        for (int k = 0, at = first + i; k < count; k++, at += stride) {
          sum += (rows[at] & 0xff) * taps.weights[k0 + k];
        }
        out[y * stride + i] = clip(sum);
      }
    }
  }

  /** A sum of weighted samples as a sample. */
  static byte clip(int fixed) {
    return (byte) Math.clamp(fixed >> FRACTION, 0, 255);
  }

  /** The weights of a whole axis of {@code in} pixels resized to {@code out}. */
  static Taps taps(int in, int out, Filter filter) {
    return compute(new Key(in, out, 0, out, filter));
  }

  private Taps taps(Key key) {
    return remembered.computeIfAbsent(key, Resampler::compute);
  }

  private static Taps compute(Key key) {
    double scale = (double) key.in / key.out;
    double stretch = Math.max(scale, 1);
    double support = key.filter.support * stretch;
    int width = (int) Math.ceil(support) * 2 + 1;
    int[] first = new int[key.count];
    int[] count = new int[key.count];
    int[] weights = new int[Math.multiplyExact(key.count, width)];
    double[] real = new double[width];
    for (int i = 0; i < key.count; i++) {
      double center = (key.from + i + 0.5) * scale;
      double inverse = 1 / stretch;
      int low = Math.max((int) (center - support + 0.5), 0);
      int n = Math.min((int) (center + support + 0.5), key.in) - low;
      double sum = 0;
      for (int k = 0; k < n; k++) {
        real[k] = key.filter.weight((k + low - center + 0.5) * inverse);
        sum += real[k];
      }
      for (int k = 0; k < n; k++) {
        double fixed = (sum == 0 ? real[k] : real[k] / sum) * (1 << FRACTION);
        weights[i * width + k] = (int) (fixed < 0 ? fixed - 0.5 : fixed + 0.5);
      }
      first[i] = low;
      count[i] = n;
    }
    return new Taps(width, first, count, weights);
  }
}
