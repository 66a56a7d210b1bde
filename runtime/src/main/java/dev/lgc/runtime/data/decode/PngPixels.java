package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.nio.ByteBuffer;

/** The meaning of a PNG's samples: colour type, depth, palette and transparency. */
final class PngPixels {
  private static final int PALETTE = 3;

  private final int type;
  private final int depth;
  private final int samples;
  private int[] colors;
  private byte[] alphas = {};

  /** The grey, or red, green and blue, that is transparent; -1 for none. */
  private final int[] clear = {-1, -1, -1};

  PngPixels(int type, int depth) throws ImageException {
    this.type = type;
    this.depth = depth;
    this.samples =
        switch (type) {
          case 0, PALETTE -> 1;
          case 2 -> 3;
          case 4 -> 2;
          case 6 -> 4;
          default -> throw ImageException.damaged("its colour type is unknown");
        };
    boolean known =
        depth == 8
            || depth == 16 && type != PALETTE
            || samples == 1 && (depth == 1 || depth == 2 || depth == 4);
    if (!known) {
      throw ImageException.damaged(Text.format("%d bits for colour type %d", depth, type));
    }
  }

  /** Bytes of a row of {@code width} pixels. */
  long stride(int width) {
    return ((long) width * samples * depth + 7) / 8;
  }

  /** Bytes from a pixel to the next, at least 1. */
  int stepBytes() {
    return Math.max(1, samples * depth / 8);
  }

  void palette(ByteBuffer chunk) throws ImageException {
    int n = chunk.limit() / 3;
    if (chunk.limit() % 3 != 0 || n < 1 || n > 256) {
      throw ImageException.damaged("its palette is wrong");
    }
    int[] entries = new int[256]; // What is missing is black, as in libpng.
    for (int i = 0; i < n; i++) {
      int red = chunk.get(3 * i) & 0xff;
      int green = chunk.get(3 * i + 1) & 0xff;
      entries[i] = red << 16 | green << 8 | chunk.get(3 * i + 2) & 0xff;
    }
    colors = type == PALETTE ? entries : null; // Otherwise a suggestion.
  }

  void transparency(ByteBuffer chunk) {
    if (type == PALETTE) {
      alphas = new byte[chunk.limit()];
      chunk.get(0, alphas);
    } else if (chunk.limit() >= 2 * samples) {
      for (int i = 0; i < Math.min(3, samples); i++) {
        clear[i] = chunk.getShort(2 * i) & 0xffff;
      }
    }
  }

  /** All that precedes the pixels has been given. */
  void check() throws ImageException {
    if (type == PALETTE) {
      if (colors == null) {
        throw ImageException.damaged("it has no palette");
      }
      for (int i = 0; i < Math.min(256, alphas.length); i++) {
        int a = alphas[i] & 0xff;
        int c = colors[i];
        colors[i] =
            (Composer.onWhite(c >> 16, a) & 0xff) << 16
                | (Composer.onWhite(c >> 8 & 0xff, a) & 0xff) << 8
                | Composer.onWhite(c & 0xff, a) & 0xff;
      }
    } else if (depth < 8) {
      colors = Samples.greys(depth);
      if (clear[0] >= 0 && clear[0] < colors.length) {
        colors[clear[0]] = 0xffffff;
      }
    }
  }

  /** Writes {@code width} pixels from {@code rgb[at]} on, {@code step} bytes apart. */
  void convert(byte[] row, int width, byte[] rgb, int at, int step) {
    if (colors != null) {
      for (int x = 0; x < width; x++, at += step) {
        int bit = x * depth;
        int index = (row[bit >> 3] & 0xff) >> 8 - depth - (bit & 7) & (1 << depth) - 1;
        Samples.put(rgb, at, colors[index]);
      }
      return;
    }
    if (type == 2 && depth == 8 && clear[0] < 0 && step == 3) {
      System.arraycopy(row, 0, rgb, at, 3 * width);
      return;
    }
    int bytes = depth / 8;
    int stride = samples * bytes;
    boolean color = samples >= 3;
    boolean alpha = (samples & 1) == 0;
    for (int x = 0, i = 0; x < width; x++, i += stride, at += step) {
      int a = alpha ? row[i + stride - bytes] & 0xff : isClear(row, i) ? 0 : 255;
      byte red = Composer.onWhite(row[i] & 0xff, a);
      rgb[at] = red;
      rgb[at + 1] = color ? Composer.onWhite(row[i + bytes] & 0xff, a) : red;
      rgb[at + 2] = color ? Composer.onWhite(row[i + 2 * bytes] & 0xff, a) : red;
    }
  }

  private boolean isClear(byte[] row, int at) {
    if (clear[0] < 0) {
      return false;
    }
    for (int k = 0; k < samples; k++) {
      int sample = row[at + k * depth / 8] & 0xff;
      if (depth == 16) {
        sample = sample << 8 | row[at + 2 * k + 1] & 0xff;
      }
      if (sample != clear[k]) {
        return false;
      }
    }
    return true;
  }
}
