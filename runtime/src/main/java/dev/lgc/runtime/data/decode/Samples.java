package dev.lgc.runtime.data.decode;

/** Conversions of single samples to 0 to 255. */
final class Samples {
  private Samples() {}

  /** An unsigned sample of {@code bits}, 1 to 32: the high 8 bits of it, or in proportion. */
  static int unsigned(long sample, int bits) {
    if (bits >= 8) {
      return (int) (sample >>> bits - 8) & 0xff;
    }
    return (int) (sample * 255 / ((1 << bits) - 1));
  }

  /** The colours of a palette of {@code entries}, or shades of grey without one: 0xRRGGBB. */
  static int[] greys(int bits) {
    int[] colors = new int[1 << bits];
    for (int i = 0; i < colors.length; i++) {
      colors[i] = unsigned(i, bits) * 0x10101;
    }
    return colors;
  }

  /** Writes {@code color}, 0xRRGGBB, as three bytes. */
  static void put(byte[] rgb, int at, int color) {
    rgb[at] = (byte) (color >> 16);
    rgb[at + 1] = (byte) (color >> 8);
    rgb[at + 2] = (byte) color;
  }
}
