package dev.lgc.runtime.data.decode;

/** Converts inks to red, green and blue without a profile, as Pillow does. */
final class Inks {
  private static final int HALF = 1 << 15;

  private Inks() {}

  /**
   * Converts {@code n} pixels of four samples each.
   *
   * @param model CMYK or YCCK
   * @param inverted whether 255 is no ink
   */
  static void convert(
      byte[] in, int from, int n, JpegHeader.Model model, boolean inverted, byte[] rgb) {
    for (int i = 0, at = from; i < n; i++, at += 4) {
      int c = in[at] & 0xff;
      int m = in[at + 1] & 0xff;
      int y = in[at + 2] & 0xff;
      int k = in[at + 3] & 0xff;
      if (model == JpegHeader.Model.YCCK) {
        int blue = m - 128;
        int red = y - 128;
        int luma = c;
        // libjpeg makes the inverse of red, green and blue of it.
        c = 255 - clamp(luma + (91881 * red + HALF >> 16));
        m = 255 - clamp(luma + (-22554 * blue - 46802 * red + HALF >> 16));
        y = 255 - clamp(luma + (116130 * blue + HALF >> 16));
      }
      if (inverted) {
        c = 255 - c;
        m = 255 - m;
        y = 255 - y;
        k = 255 - k;
      }
      rgb[3 * i] = lit(c, k);
      rgb[3 * i + 1] = lit(m, k);
      rgb[3 * i + 2] = lit(y, k);
    }
  }

  /** The light that an ink and black, 0 none to 255 all, leave. */
  static byte lit(int ink, int black) {
    int paper = 255 - black;
    return (byte) clamp(paper - product(ink, paper));
  }

  /** The product of two shares of 255, rounded. */
  private static int product(int a, int b) {
    int t = a * b + 128;
    return (t >> 8) + t >> 8;
  }

  private static int clamp(int v) {
    return Math.clamp(v, 0, 255);
  }
}
