package dev.lgc.runtime.report;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The similarity of two pictures of one size: PSNR and SSIM. All sums are in double precision;
 * infinitely alike pictures have a PSNR of positive infinity and an SSIM of 1.
 */
public final class PictureMetrics {
  private PictureMetrics() {}

  /** The window over which SSIM takes its local statistics; only windows wholly inside count. */
  public enum Window {
    /**
     * 7 by 7, all alike, unbiased covariances: scikit-image's default, with which published numbers
     * were made.
     */
    UNIFORM_7(7, 49.0 / 48, Double.POSITIVE_INFINITY),
    /** 11 by 11, Gaussian of sigma 1.5: as in the paper (Wang et al. 2004). */
    GAUSSIAN_11(11, 1, 1.5);

    final int size;
    final double unbias;
    final double sigma;

    Window(int size, double unbias, double sigma) {
      this.size = size;
      this.unbias = unbias;
      this.sigma = sigma;
    }

    /** The weights along one axis; their sum is 1. */
    double[] weights() {
      double[] weights = new double[size];
      double sum = 0;
      for (int i = 0; i < size; i++) {
        double d = (i - (size - 1) / 2.0) / sigma;
        weights[i] = Math.exp(-d * d / 2);
        sum += weights[i];
      }
      for (int i = 0; i < size; i++) {
        weights[i] /= sum;
      }
      return weights;
    }
  }

  /** Both scores of a picture. */
  public record Scores(double psnr, double ssim) {}

  /** Peak signal-to-noise ratio in decibels, with a peak of 255. */
  public static double psnr(Picture a, Picture b) {
    requireSameSize(a, b);
    double sum = 0;
    int n = 3 * a.width() * a.height();
    for (int i = 0; i < n; i++) {
      double d = (a.rgb()[i] & 0xff) - (b.rgb()[i] & 0xff);
      sum += d * d;
    }
    return psnr(sum / n, 255);
  }

  /**
   * Peak signal-to-noise ratio in decibels of f32 values in native order.
   *
   * @param count how many values are compared, from the start of each
   * @param range the peak: 2 for values in [-1, 1]
   */
  public static double psnr(MemorySegment a, MemorySegment b, long count, double range) {
    double sum = 0;
    for (long i = 0; i < count; i++) {
      double d = (double) at(a, i) - at(b, i);
      sum += d * d;
    }
    return psnr(sum / count, range);
  }

  private static double psnr(double meanSquare, double range) {
    return 10 * Math.log10(range * range / meanSquare);
  }

  /** Structural similarity, mean over channels, of 8-bit pictures. */
  public static double ssim(Picture a, Picture b, Window window) {
    requireSameSize(a, b);
    double sum = 0;
    for (int c = 0; c < 3; c++) {
      sum += ssim(plane(a, c), plane(b, c), a.height(), a.width(), window, 255);
    }
    return sum / 3;
  }

  /**
   * Structural similarity, mean over channels.
   *
   * @param a f32 {@code [3, height, width]}, native order
   * @param b the same
   * @param range the values' range: 2 for values in [-1, 1]
   */
  public static double ssim(
      MemorySegment a, MemorySegment b, int height, int width, Window window, double range) {
    double sum = 0;
    for (int c = 0; c < 3; c++) {
      double[] pa = new double[height * width];
      double[] pb = new double[height * width];
      for (int i = 0; i < pa.length; i++) {
        pa[i] = at(a, (long) c * pa.length + i);
        pb[i] = at(b, (long) c * pa.length + i);
      }
      sum += ssim(pa, pb, height, width, window, range);
    }
    return sum / 3;
  }

  /**
   * The scores of a reconstruction exactly as the reference's evaluation takes them: the
   * reconstruction cut to 8 bits, both scaled to [0, 1], PSNR with a peak of 1, SSIM with 7 by 7
   * windows and a range of 2 (sic).
   *
   * @param restored f32 {@code [3, height, width]}, nominally in [-1, 1]
   * @param truth the same, in [-1, 1]
   */
  public static Scores asTheReference(
      MemorySegment restored, MemorySegment truth, int height, int width) {
    Picture eight = new Picture();
    Crops.toPicture(restored, 0, width, height, eight);
    int n = height * width;
    double squares = 0;
    double ssim = 0;
    for (int c = 0; c < 3; c++) {
      double[] a = plane(eight, c);
      double[] b = new double[n];
      for (int i = 0; i < n; i++) {
        a[i] = (float) a[i] / 255f;
        b[i] = (at(truth, (long) c * n + i) + 1f) / 2f;
        squares += (a[i] - b[i]) * (a[i] - b[i]);
      }
      ssim += ssim(a, b, height, width, Window.UNIFORM_7, 2) / 3;
    }
    return new Scores(psnr(squares / (3 * n), 1), ssim);
  }

  private static double ssim(
      double[] a, double[] b, int height, int width, Window window, double range) {
    int size = window.size;
    if (height < size || width < size) {
      throw new IllegalArgumentException(
          Text.format("%d by %d is smaller than the window of %d", width, height, size));
    }
    double c1 = 0.01 * range * 0.01 * range;
    double c2 = 0.03 * range * 0.03 * range;
    double[] meanA = filter(a, height, width, window);
    double[] meanB = filter(b, height, width, window);
    double[] squareA = filter(product(a, a), height, width, window);
    double[] squareB = filter(product(b, b), height, width, window);
    double[] both = filter(product(a, b), height, width, window);
    double sum = 0;
    for (int i = 0; i < meanA.length; i++) {
      double varA = window.unbias * (squareA[i] - meanA[i] * meanA[i]);
      double varB = window.unbias * (squareB[i] - meanB[i] * meanB[i]);
      double cov = window.unbias * (both[i] - meanA[i] * meanB[i]);
      sum +=
          (2 * meanA[i] * meanB[i] + c1)
              * (2 * cov + c2)
              / ((meanA[i] * meanA[i] + meanB[i] * meanB[i] + c1) * (varA + varB + c2));
    }
    return sum / meanA.length;
  }

  /** Weighted means over the windows inside, rows of {@code width - size + 1}. */
  private static double[] filter(double[] x, int height, int width, Window window) {
    double[] k = window.weights();
    int w = width - k.length + 1;
    int h = height - k.length + 1;
    double[] rows = new double[height * w];
    for (int y = 0; y < height; y++) {
      for (int j = 0; j < k.length; j++) {
        for (int i = 0; i < w; i++) {
          rows[y * w + i] += k[j] * x[y * width + i + j];
        }
      }
    }
    double[] out = new double[h * w];
    for (int y = 0; y < h; y++) {
      for (int j = 0; j < k.length; j++) {
        for (int i = 0; i < w; i++) {
          out[y * w + i] += k[j] * rows[(y + j) * w + i];
        }
      }
    }
    return out;
  }

  private static double[] product(double[] a, double[] b) {
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] * b[i];
    }
    return out;
  }

  private static double[] plane(Picture p, int c) {
    double[] out = new double[p.width() * p.height()];
    for (int i = 0; i < out.length; i++) {
      out[i] = p.rgb()[3 * i + c] & 0xff;
    }
    return out;
  }

  private static float at(MemorySegment s, long i) {
    return s.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i);
  }

  private static void requireSameSize(Picture a, Picture b) {
    if (a.width() != b.width() || a.height() != b.height()) {
      throw new IllegalArgumentException(a + " and " + b);
    }
  }
}
