package dev.lgc.runtime.data.decode;

import java.util.Arrays;

/** The alpha plane beside a lossy WebP (RFC 9649, section 2.7.1.2). */
final class AlphaPlane {
  private AlphaPlane() {}

  /** Decodes the chunk {@code bytes} of a picture as large as {@code frame}: a byte a pixel. */
  static byte[] decode(byte[] bytes, Vp8Header frame) throws ImageException {
    int w = frame.width;
    int h = frame.height;
    int method = bytes[0] & 3;
    int filter = bytes[0] >> 2 & 3;
    if (method > 1 || (bytes[0] & 0xff) >> 6 != 0) {
      throw ImageException.damaged("its alpha has an unknown compression");
    }
    byte[] alpha;
    if (method == 0) {
      if (bytes.length - 1 < (long) w * h) {
        throw ImageException.damaged("its alpha ends too early");
      }
      alpha = Arrays.copyOfRange(bytes, 1, 1 + w * h);
    } else {
      int[] argb = Vp8lDecoder.decode(new Vp8lBits(bytes, 1, bytes.length), w, h);
      alpha = new byte[argb.length];
      for (int i = 0; i < alpha.length; i++) {
        alpha[i] = (byte) (argb[i] >> 8); // Green stands for alpha.
      }
    }
    if (filter != 0) {
      unfilter(alpha, w, h, filter);
    }
    return alpha;
  }

  private static void unfilter(byte[] a, int w, int h, int filter) {
    for (int x = 1; x < w; x++) {
      a[x] += a[x - 1];
    }
    for (int y = 1; y < h; y++) {
      int row = y * w;
      a[row] += a[row - w];
      for (int i = row + 1; i < row + w; i++) {
        a[i] +=
            switch (filter) {
              case 1 -> a[i - 1];
              case 2 -> a[i - w];
              default -> gradient(a[i - 1] & 0xff, a[i - w] & 0xff, a[i - w - 1] & 0xff);
            };
      }
    }
  }

  private static byte gradient(int left, int top, int corner) {
    return (byte) Math.clamp(left + top - corner, 0, 255);
  }
}
