package dev.lgc.runtime.data.decode;

import java.util.Arrays;

/** Reads the coefficients of macroblocks (RFC 6386, section 13). */
final class Vp8Residuals {
  private static final int BLOCK_TYPE = Vp8Tables.BANDS * Vp8Tables.CONTEXTS * Vp8Tables.TREE;
  private static final int BAND_SIZE = Vp8Tables.CONTEXTS * Vp8Tables.TREE;

  /**
   * Dequantized coefficients of the 16 luma blocks, the 4 of blue difference and the 4 of red
   * difference, 16 each.
   */
  final short[] blocks = new short[24 * 16];

  /** For each block, whether it holds more than zeros. */
  final boolean[] filled = new boolean[24];

  private final int[] probabilities;
  private final short[] second = new short[16];

  // Whether the block above or to the left had coefficients: 4 luma, 2 + 2 chroma, 1 second-order
  // luma for each macroblock.
  private final byte[] above;
  private final byte[] left = new byte[9];

  Vp8Residuals(Vp8Header header, int macroblocksAcross) {
    this.probabilities = header.coefficients;
    this.above = new byte[9 * macroblocksAcross];
  }

  /** A row of macroblocks begins. */
  void startRow() {
    Arrays.fill(left, (byte) 0);
  }

  /** The macroblock in column {@code x} has no coefficients. */
  void skip(int x, boolean split) {
    // A split macroblock has no second-order block, so that context stays.
    int kept = split ? 8 : 9;
    Arrays.fill(left, 0, kept, (byte) 0);
    Arrays.fill(above, 9 * x, 9 * x + kept, (byte) 0);
    Arrays.fill(filled, false);
  }

  /** Reads the macroblock in column {@code x} and returns whether any block is filled. */
  boolean read(Vp8BoolDecoder in, int x, boolean split, int[] steps) {
    Arrays.fill(blocks, (short) 0);
    int first = 0;
    int type = 3;
    if (!split) {
      readSecond(in, 9 * x + 8, steps);
      first = 1;
      type = 0;
    }
    boolean any = false;
    for (int y = 0; y < 4; y++) {
      for (int i = 0; i < 4; i++) {
        int block = 4 * y + i;
        any |= read(in, type, first, 9 * x + i, y, block, steps[0], steps[1]);
      }
    }
    for (int plane = 0; plane < 2; plane++) {
      for (int k = 0; k < 4; k++) {
        int up = 9 * x + 4 + 2 * plane + (k & 1);
        int side = 4 + 2 * plane + (k >> 1);
        any |= read(in, 2, 0, up, side, 16 + 4 * plane + k, steps[4], steps[5]);
      }
    }
    return any;
  }

  private boolean read(
      Vp8BoolDecoder in, int type, int first, int up, int side, int block, int dc, int ac) {
    int at = 16 * block;
    int end = coefficients(in, type, above[up] + left[side], first, dc, ac, blocks, at);
    byte some = (byte) (end > first ? 1 : 0);
    above[up] = some;
    left[side] = some;
    filled[block] = end > 1 || blocks[at] != 0;
    return filled[block];
  }

  private void readSecond(Vp8BoolDecoder in, int up, int[] steps) {
    Arrays.fill(second, (short) 0);
    int end = coefficients(in, 1, above[up] + left[8], 0, steps[2], steps[3], second, 0);
    byte some = (byte) (end > 0 ? 1 : 0);
    above[up] = some;
    left[8] = some;
    Vp8Transform.walshHadamard(second, blocks);
  }

  /** Reads one block from coefficient {@code n} on; returns one past the last that was read. */
  private int coefficients(
      Vp8BoolDecoder in, int type, int context, int n, int dc, int ac, short[] out, int at) {
    int[] p = probabilities;
    int types = type * BLOCK_TYPE;
    int node = types + Vp8Tables.BAND[n] * BAND_SIZE + context * Vp8Tables.TREE;
    while (n < 16) {
      if (!in.bit(p[node])) {
        return n; // No more in this block.
      }
      while (!in.bit(p[node + 1])) {
        n++;
        if (n == 16) {
          return 16;
        }
        node = types + Vp8Tables.BAND[n] * BAND_SIZE;
      }
      int next = types + Vp8Tables.BAND[n + 1] * BAND_SIZE;
      int v;
      if (in.bit(p[node + 2])) {
        v = large(in, p, node);
        node = next + 2 * Vp8Tables.TREE;
      } else {
        v = 1;
        node = next + Vp8Tables.TREE;
      }
      v = in.bit(128) ? -v : v;
      out[at + Vp8Tables.ZIGZAG[n]] = (short) (v * (n == 0 ? dc : ac));
      n++;
    }
    return 16;
  }

  private static int large(Vp8BoolDecoder in, int[] p, int node) {
    if (!in.bit(p[node + 3])) {
      return in.bit(p[node + 4]) ? 3 + (in.bit(p[node + 5]) ? 1 : 0) : 2;
    }
    if (!in.bit(p[node + 6])) {
      if (!in.bit(p[node + 7])) {
        return 5 + (in.bit(159) ? 1 : 0);
      }
      return 7 + 2 * (in.bit(165) ? 1 : 0) + (in.bit(145) ? 1 : 0);
    }
    int high = in.bit(p[node + 8]) ? 1 : 0;
    int category = 2 * high + (in.bit(p[node + 9 + high]) ? 1 : 0);
    int v = 0;
    for (int prob : Vp8Tables.LARGE[category]) {
      v = 2 * v + (in.bit(prob) ? 1 : 0);
    }
    return v + 3 + (8 << category);
  }
}
