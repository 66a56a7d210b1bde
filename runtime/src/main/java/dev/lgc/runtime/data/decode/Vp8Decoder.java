package dev.lgc.runtime.data.decode;

import java.util.Arrays;

/**
 * Decodes a VP8 key frame (RFC 6386), which is what a lossy WebP holds, to the bit: planes of luma
 * and of half as many blue and red differences each way.
 */
final class Vp8Decoder {
  private final Vp8Header header;
  private final int across;
  private final int down;
  private final Vp8Residuals residuals;

  final Vp8Plane luma;
  final Vp8Plane blue;
  final Vp8Plane red;

  /** The filter's strength in each macroblock; 64 more where inner edges are filtered too. */
  private final byte[] filters;

  // Modes of the 4 by 4 blocks above and to the left.
  private final int[] modesAbove;
  private final int[] modesLeft = new int[4];
  private final int[] modes = new int[16];
  private final int[] edges = new int[13];

  private Vp8Decoder(Vp8Header header) {
    this.header = header;
    this.across = header.width + 15 >> 4;
    this.down = header.height + 15 >> 4;
    this.residuals = new Vp8Residuals(header, across);
    this.luma = new Vp8Plane(16 * across, 16 * down);
    this.blue = new Vp8Plane(8 * across, 8 * down);
    this.red = new Vp8Plane(8 * across, 8 * down);
    this.filters = new byte[across * down];
    this.modesAbove = new int[4 * across];
  }

  /** Bytes that decoding a frame takes. */
  static long bytes(int width, int height) {
    int w = width + 15 >> 4;
    int h = height + 15 >> 4;
    return Vp8Plane.bytes(16 * w, 16 * h) + 2 * Vp8Plane.bytes(8 * w, 8 * h) + (long) w * h;
  }

  /** Decodes a frame whose header has been read. */
  static Vp8Decoder decode(Vp8Header header) throws ImageException {
    Vp8Decoder d = new Vp8Decoder(header);
    for (int y = 0; y < d.down; y++) {
      d.row(y);
    }
    // Predictions see samples before they are filtered, so the filter waits for the whole frame.
    d.filter();
    return d;
  }

  private void row(int y) throws ImageException {
    Vp8BoolDecoder tokens = header.partitions[y & header.partitions.length - 1];
    residuals.startRow();
    Arrays.fill(modesLeft, Vp8Prediction.DC);
    Vp8BoolDecoder in = header.modes;
    for (int x = 0; x < across; x++) {
      int segment = header.segmentMap ? segment(in) : 0;
      boolean skip = header.skipProbability >= 0 && in.bit(header.skipProbability);
      boolean split = !in.bit(145);
      int mode = split ? -1 : wholeMode(in, x);
      if (split) {
        splitModes(in, x);
      }
      int chroma = chromaMode(in);
      boolean some = false;
      if (skip) {
        residuals.skip(x, split);
      } else {
        some = residuals.read(tokens, x, split, header.steps[segment]);
      }
      if (in.past() || tokens.past()) {
        throw ImageException.damaged("its VP8 data ends too early");
      }
      reconstruct(x, y, mode, chroma);
      int level = header.filterLevels[segment][split ? 1 : 0];
      filters[y * across + x] = (byte) (level + (split || some ? 64 : 0));
    }
  }

  private int segment(Vp8BoolDecoder in) {
    int[] p = header.segmentProbabilities;
    return in.bit(p[0]) ? 2 + (in.bit(p[2]) ? 1 : 0) : in.bit(p[1]) ? 1 : 0;
  }

  private int wholeMode(Vp8BoolDecoder in, int x) {
    int mode;
    if (in.bit(156)) {
      mode = in.bit(128) ? Vp8Prediction.TRUE_MOTION : Vp8Prediction.HORIZONTAL;
    } else {
      mode = in.bit(163) ? Vp8Prediction.VERTICAL : Vp8Prediction.DC;
    }
    Arrays.fill(modesAbove, 4 * x, 4 * x + 4, mode);
    Arrays.fill(modesLeft, mode);
    return mode;
  }

  private void splitModes(Vp8BoolDecoder in, int x) {
    for (int r = 0; r < 4; r++) {
      for (int i = 0; i < 4; i++) {
        int mode = blockMode(in, 9 * (10 * modesAbove[4 * x + i] + modesLeft[r]));
        modes[4 * r + i] = mode;
        modesAbove[4 * x + i] = mode;
        modesLeft[r] = mode;
      }
    }
  }

  private static int blockMode(Vp8BoolDecoder in, int at) {
    int[] p = Vp8Tables.BLOCK_MODES;
    if (!in.bit(p[at])) {
      return Vp8Prediction.DC;
    }
    if (!in.bit(p[at + 1])) {
      return Vp8Prediction.TRUE_MOTION;
    }
    if (!in.bit(p[at + 2])) {
      return Vp8Prediction.VERTICAL;
    }
    if (!in.bit(p[at + 3])) {
      if (!in.bit(p[at + 4])) {
        return Vp8Prediction.HORIZONTAL;
      }
      return in.bit(p[at + 5]) ? Vp8Prediction.VERTICAL_RIGHT : Vp8Prediction.RIGHT_DOWN;
    }
    if (!in.bit(p[at + 6])) {
      return Vp8Prediction.LEFT_DOWN;
    }
    if (!in.bit(p[at + 7])) {
      return Vp8Prediction.VERTICAL_LEFT;
    }
    return in.bit(p[at + 8]) ? Vp8Prediction.HORIZONTAL_UP : Vp8Prediction.HORIZONTAL_DOWN;
  }

  private static int chromaMode(Vp8BoolDecoder in) {
    if (!in.bit(142)) {
      return Vp8Prediction.DC;
    }
    if (!in.bit(114)) {
      return Vp8Prediction.VERTICAL;
    }
    return in.bit(183) ? Vp8Prediction.TRUE_MOTION : Vp8Prediction.HORIZONTAL;
  }

  /** Predicts a macroblock and adds its residuals; {@code mode} is -1 where it is split. */
  private void reconstruct(int x, int y, int mode, int chroma) {
    if (mode >= 0) {
      Vp8Prediction.square(luma, 16 * x, 16 * y, 16, mode);
    }
    for (int k = 0; k < 16; k++) {
      int at = luma.at(16 * x + 4 * (k & 3), 16 * y + 4 * (k >> 2));
      if (mode < 0) {
        edges(x, y, k, at);
        Vp8Prediction.block(luma.samples, at, luma.stride, modes[k], edges);
      }
      add(k, luma, at);
    }
    Vp8Prediction.square(blue, 8 * x, 8 * y, 8, chroma);
    Vp8Prediction.square(red, 8 * x, 8 * y, 8, chroma);
    for (int k = 0; k < 4; k++) {
      int at = blue.at(8 * x + 4 * (k & 1), 8 * y + 4 * (k >> 1));
      add(16 + k, blue, at);
      add(20 + k, red, at);
    }
  }

  private void add(int block, Vp8Plane plane, int at) {
    if (residuals.filled[block]) {
      Vp8Transform.addCosine(residuals.blocks, 16 * block, plane.samples, at, plane.stride);
    }
  }

  /** Collects the samples around block {@code k}: left from below, corner, above, above right. */
  private void edges(int x, int y, int k, int at) {
    byte[] s = luma.samples;
    int stride = luma.stride;
    for (int i = 0; i < 4; i++) {
      edges[i] = s[at - 1 + (3 - i) * stride] & 0xff;
    }
    for (int i = 0; i < 5; i++) {
      edges[4 + i] = s[at - stride - 1 + i] & 0xff;
    }
    if ((k & 3) < 3) {
      for (int i = 0; i < 4; i++) {
        edges[9 + i] = s[at - stride + 4 + i] & 0xff;
      }
      return;
    }
    // To the right of the macroblock only the row above all of it is known.
    int right = luma.at(16 * x + 16, 16 * y - 1);
    boolean last = x == across - 1 && y > 0;
    for (int i = 0; i < 4; i++) {
      edges[9 + i] = s[last ? right - 1 : right + i] & 0xff;
    }
  }

  private void filter() {
    Vp8LoopFilter filter = new Vp8LoopFilter(header, luma, blue, red);
    for (int y = 0; y < down; y++) {
      for (int x = 0; x < across; x++) {
        int f = filters[y * across + x];
        if ((f & 63) > 0) {
          filter.filter(x, y, f & 63, (f & 64) != 0);
        }
      }
    }
  }
}
