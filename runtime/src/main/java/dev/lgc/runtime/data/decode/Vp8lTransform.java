package dev.lgc.runtime.data.decode;

import java.util.Arrays;

/**
 * A transform that the encoder of a lossless WebP applied to the pixels, and that is undone after
 * they are read (RFC 9649, section 3.5).
 *
 * @param kind 0 predictor, 1 colour, 2 subtract green, 3 palette
 * @param width pixels of a row before the transform
 * @param bits of tiles' sides, or of pixels packed into one
 * @param data a parameter for each tile, or the palette
 */
record Vp8lTransform(int kind, int width, int bits, int[] data) {
  static final int PREDICTOR = 0;
  static final int COLOR = 1;
  static final int SUBTRACT_GREEN = 2;
  static final int PALETTE = 3;

  /** The number of tiles of {@code 2^bits} that cover {@code size}. */
  static int tiles(int size, int bits) {
    return size + (1 << bits) - 1 >> bits;
  }

  /** Undoes the transform, in place where the size stays. */
  int[] undo(int[] argb, int height) {
    switch (kind) {
      case PREDICTOR -> predict(argb, height);
      case COLOR -> colors(argb, height);
      case SUBTRACT_GREEN -> addGreen(argb);
      case PALETTE -> {
        return unpack(argb, height);
      }
      default -> throw new IllegalArgumentException("transform " + kind);
    }
    return argb;
  }

  private static void addGreen(int[] argb) {
    for (int i = 0; i < argb.length; i++) {
      int p = argb[i];
      int green = p >> 8 & 0xff;
      argb[i] = p & 0xff00ff00 | (p & 0xff00ff) + (green << 16 | green) & 0xff00ff;
    }
  }

  private void colors(int[] argb, int height) {
    int across = tiles(width, bits);
    for (int y = 0, i = 0; y < height; y++) {
      for (int x = 0; x < width; x++, i++) {
        int m = data[(y >> bits) * across + (x >> bits)];
        int p = argb[i];
        int green = (byte) (p >> 8);
        int red = (p >> 16) + (((byte) m * green) >> 5) & 0xff;
        int blue = p + (((byte) (m >> 8) * green) >> 5) + (((byte) (m >> 16) * (byte) red) >> 5);
        argb[i] = p & 0xff00ff00 | red << 16 | blue & 0xff;
      }
    }
  }

  private int[] unpack(int[] argb, int height) {
    int[] out = bits == 0 ? argb : new int[Math.multiplyExact(width, height)];
    int packed = tiles(width, bits);
    int perPixel = 8 >> bits;
    int[] palette = Arrays.copyOf(data, 1 << perPixel);
    int mask = (1 << perPixel) - 1;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int green = argb[y * packed + (x >> bits)] >> 8 & 0xff;
        out[y * width + x] = palette[green >> (x & (1 << bits) - 1) * perPixel & mask];
      }
    }
    return out;
  }

  private void predict(int[] argb, int height) {
    argb[0] = add(argb[0], 0xff000000);
    for (int x = 1; x < width; x++) {
      argb[x] = add(argb[x], argb[x - 1]);
    }
    int across = tiles(width, bits);
    for (int y = 1; y < height; y++) {
      int row = y * width;
      argb[row] = add(argb[row], argb[row - width]);
      int tiles = (y >> bits) * across;
      for (int x = 1; x < width; ) {
        int mode = data[tiles + (x >> bits)] >> 8 & 0xf;
        int end = Math.min(width, (x >> bits) + 1 << bits);
        for (; x < end; x++) {
          argb[row + x] = add(argb[row + x], predicted(mode, argb, row + x));
        }
      }
    }
  }

  private int predicted(int mode, int[] p, int i) {
    int left = p[i - 1];
    int top = p[i - width];
    int topLeft = p[i - width - 1];
    // At the end of a row this is the first pixel of the same row, as the format says.
    int topRight = p[i - width + 1];
    return switch (mode) {
      case 1 -> left;
      case 2 -> top;
      case 3 -> topRight;
      case 4 -> topLeft;
      case 5 -> mean(mean(left, topRight), top);
      case 6 -> mean(left, topLeft);
      case 7 -> mean(left, top);
      case 8 -> mean(topLeft, top);
      case 9 -> mean(top, topRight);
      case 10 -> mean(mean(left, topLeft), mean(top, topRight));
      case 11 -> select(left, top, topLeft);
      case 12 -> gradient(left, top, topLeft);
      case 13 -> half(mean(left, top), topLeft);
      default -> 0xff000000;
    };
  }

  /** The sum of two pixels, each of their bytes for itself. */
  static int add(int a, int b) {
    return (a & 0xff00ff00) + (b & 0xff00ff00) & 0xff00ff00
        | (a & 0xff00ff) + (b & 0xff00ff) & 0xff00ff;
  }

  private static int mean(int a, int b) {
    return (((a ^ b) & 0xfefefefe) >>> 1) + (a & b);
  }

  private static int select(int left, int top, int topLeft) {
    int toLeft = 0;
    int toTop = 0;
    for (int s = 0; s < 32; s += 8) {
      int corner = topLeft >> s & 0xff;
      toLeft += Math.abs((top >> s & 0xff) - corner);
      toTop += Math.abs((left >> s & 0xff) - corner);
    }
    return toLeft < toTop ? left : top;
  }

  private static int gradient(int left, int top, int topLeft) {
    int sum = 0;
    for (int s = 0; s < 32; s += 8) {
      int v = (left >> s & 0xff) + (top >> s & 0xff) - (topLeft >> s & 0xff);
      sum |= Math.clamp(v, 0, 255) << s;
    }
    return sum;
  }

  private static int half(int mean, int topLeft) {
    int sum = 0;
    for (int s = 0; s < 32; s += 8) {
      int m = mean >> s & 0xff;
      sum |= Math.clamp(m + (m - (topLeft >> s & 0xff)) / 2, 0, 255) << s;
    }
    return sum;
  }
}
