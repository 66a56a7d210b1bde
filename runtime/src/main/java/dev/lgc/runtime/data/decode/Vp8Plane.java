package dev.lgc.runtime.data.decode;

import java.util.Arrays;

/**
 * One plane of samples of a VP8 frame, a whole number of macroblocks in size, inside the border
 * that predictions at the edge see: 127 above, 129 to the left.
 */
final class Vp8Plane {
  private static final int MARGIN = 4;

  final byte[] samples;
  final int stride;

  Vp8Plane(int width, int height) {
    stride = width + 2 * MARGIN;
    samples = new byte[stride * (height + 1)];
    Arrays.fill(samples, 0, stride, (byte) 127);
    for (int y = 0; y < height; y++) {
      samples[at(-1, y)] = (byte) 129;
    }
  }

  /** Bytes that a plane of this size takes. */
  static long bytes(int width, int height) {
    return (width + 2L * MARGIN) * (height + 1L);
  }

  /** The index of sample {@code (x, y)}; both may be -1. */
  int at(int x, int y) {
    return (y + 1) * stride + MARGIN + x;
  }
}
