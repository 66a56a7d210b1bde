package dev.lgc.runtime.data.decode;

/**
 * Makes rows of red, green and blue from the planes of a VP8 frame as libwebp does: differences
 * between samples weighed 9, 3, 3 and 1 sixteenths, then the conversion of BT.601 in fixed point.
 */
final class Vp8Upsampler {
  private final Vp8Decoder frame;
  private final int width;
  private final int chromaRows;

  Vp8Upsampler(Vp8Decoder frame, int width, int height) {
    this.frame = frame;
    this.width = width;
    this.chromaRows = height + 1 >> 1;
  }

  /** Writes row {@code y}, 3 bytes a pixel. */
  void row(int y, byte[] rgb) {
    int near = y >> 1;
    int other = Math.clamp((y & 1) == 0 ? near - 1 : near + 1, 0, chromaRows - 1);
    byte[] blue = frame.blue.samples;
    byte[] red = frame.red.samples;
    byte[] luma = frame.luma.samples;
    int n = frame.blue.at(0, near);
    int o = frame.blue.at(0, other);
    int l = frame.luma.at(0, y);
    // Both differences in one integer, red in the upper half. What is shifted out of it stays above
    // the eight bits that are taken of the lower half.
    int nearLeft = pair(blue, red, n);
    int otherLeft = pair(blue, red, o);
    pixel(luma[l] & 0xff, 3 * nearLeft + otherLeft + 0x20002 >> 2, rgb, 0);
    int x = 1;
    for (; x + 1 < width; x += 2) {
      n++;
      o++;
      int nearRight = pair(blue, red, n);
      int otherRight = pair(blue, red, o);
      int all = nearLeft + nearRight + otherLeft + otherRight + 0x80008;
      int rising = all + 2 * (nearRight + otherLeft) >> 3;
      int falling = all + 2 * (nearLeft + otherRight) >> 3;
      pixel(luma[l + x] & 0xff, rising + nearLeft >> 1, rgb, 3 * x);
      pixel(luma[l + x + 1] & 0xff, falling + nearRight >> 1, rgb, 3 * x + 3);
      nearLeft = nearRight;
      otherLeft = otherRight;
    }
    if (x < width) {
      pixel(luma[l + x] & 0xff, 3 * nearLeft + otherLeft + 0x20002 >> 2, rgb, 3 * x);
    }
  }

  private static int pair(byte[] blue, byte[] red, int at) {
    return blue[at] & 0xff | (red[at] & 0xff) << 16;
  }

  private static void pixel(int luma, int differences, byte[] rgb, int at) {
    int blue = differences & 0xff;
    int red = differences >> 16 & 0xff;
    int y = luma * 19077 >> 8;
    rgb[at] = clip(y + (red * 26149 >> 8) - 14234);
    rgb[at + 1] = clip(y - (blue * 6419 >> 8) - (red * 13320 >> 8) + 8708);
    rgb[at + 2] = clip(y + (blue * 33050 >> 8) - 17685);
  }

  /** Takes away the six fractional bits and clamps. */
  private static byte clip(int v) {
    return (byte) ((v & ~16383) == 0 ? v >> 6 : v < 0 ? 0 : 255);
  }
}
