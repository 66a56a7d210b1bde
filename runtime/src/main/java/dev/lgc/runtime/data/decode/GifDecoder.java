package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Decodes the first frame of a GIF on its screen. Where the frame does not reach, the screen is
 * transparent if the frame has a transparent colour, and of the first colour otherwise, as Pillow
 * shows it.
 */
final class GifDecoder {
  private static final int EXTENSION = 0x21;
  private static final int IMAGE = 0x2c;
  private static final int GRAPHIC_CONTROL = 0xf9;
  private static final int MOST_CODES = 4096;

  private final ByteBuffer in;
  private int transparent = -1;

  private GifDecoder(ByteBuffer in) {
    this.in = in.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns true if {@code in} begins as GIF does. */
  static boolean recognizes(ByteBuffer in) {
    if (in.limit() < 6 || in.get(0) != 'G' || in.get(1) != 'I' || in.get(2) != 'F') {
      return false;
    }
    return in.get(3) == '8' && (in.get(4) == '7' || in.get(4) == '9') && in.get(5) == 'a';
  }

  /** Decodes {@code in} into {@code sink}. */
  static void decode(ByteBuffer in, DecodeLimit limit, PixelSink sink) throws ImageException {
    try {
      new GifDecoder(in).decode(limit, sink);
    } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
      throw ImageException.damaged("it ends too early", e);
    }
  }

  private void decode(DecodeLimit limit, PixelSink sink) throws ImageException {
    int screenWidth = in.getShort(6) & 0xffff;
    int screenHeight = in.getShort(8) & 0xffff;
    int flags = in.get(10);
    in.get(12); // All of the screen's description is there.
    in.position(13);
    int[] colors = (flags & 0x80) == 0 ? Samples.greys(8) : palette(flags);
    skipToImage();
    int left = in.getShort() & 0xffff;
    int top = in.getShort() & 0xffff;
    int width = in.getShort() & 0xffff;
    int height = in.getShort() & 0xffff;
    flags = in.get();
    if ((flags & 0x80) != 0) {
      colors = palette(flags);
    }
    if (width < 1 || height < 1) {
      throw ImageException.damaged(Text.format("its first frame is %d by %d", width, height));
    }
    long pixels = (long) width * height;
    limit.require(pixels, width, height);
    // A code of twelve bits stands for at most as many pixels as there are codes.
    if (pixels > (long) MOST_CODES * in.remaining()) {
      throw ImageException.damaged("it ends too early");
    }
    byte[] indices = new byte[(int) pixels];
    uncompress(indices);
    // Pillow makes the screen large enough for the frame.
    Composer composer = new Composer(sink);
    int around = transparent >= 0 ? 0xffffff : colors[0];
    composer.begin(
        Math.max(screenWidth, left + width),
        Math.max(screenHeight, top + height),
        left,
        top,
        width,
        height,
        around);
    rows(composer, indices, width, height, colors, (flags & 0x40) != 0);
  }

  private void rows(
      Composer composer, byte[] indices, int width, int height, int[] colors, boolean interlaced)
      throws ImageException {
    int[] shown = Arrays.copyOf(colors, 256); // Black beyond the palette.
    if (transparent >= 0) {
      shown[transparent] = 0xffffff;
    }
    int[] order = order(height, interlaced);
    byte[] rgb = new byte[3 * width];
    composer.rows(
        y -> {
          int from = order[y] * width;
          for (int x = 0; x < width; x++) {
            Samples.put(rgb, 3 * x, shown[indices[from + x] & 0xff]);
          }
          return rgb;
        },
        null);
  }

  /** For each row of the picture, its place among the rows of the file. */
  private static int[] order(int height, boolean interlaced) {
    int[] order = new int[height];
    int[] first = interlaced ? new int[] {0, 4, 2, 1} : new int[] {0};
    int[] step = interlaced ? new int[] {8, 8, 4, 2} : new int[] {1};
    int n = 0;
    for (int pass = 0; pass < first.length; pass++) {
      for (int y = first[pass]; y < height; y += step[pass]) {
        order[y] = n++;
      }
    }
    return order;
  }

  private int[] palette(int flags) {
    int[] colors = new int[2 << (flags & 7)];
    for (int i = 0; i < colors.length; i++) {
      colors[i] = (in.get() & 0xff) << 16 | (in.get() & 0xff) << 8 | in.get() & 0xff;
    }
    return colors;
  }

  private void skipToImage() throws ImageException {
    while (true) {
      int block = in.get() & 0xff;
      if (block == IMAGE) {
        return;
      }
      if (block != EXTENSION) {
        if (block == 0) {
          continue; // Some writers leave a terminator too many.
        }
        throw ImageException.damaged("it has no frame");
      }
      if ((in.get() & 0xff) == GRAPHIC_CONTROL && (in.get(in.position()) & 0xff) >= 4) {
        boolean set = (in.get(in.position() + 1) & 1) != 0;
        transparent = set ? in.get(in.position() + 4) & 0xff : -1;
      }
      for (int n = in.get() & 0xff; n > 0; n = in.get() & 0xff) {
        in.position(Math.min(in.limit(), in.position() + n));
      }
    }
  }

  private void uncompress(byte[] out) throws ImageException {
    int symbolBits = in.get() & 0xff;
    if (symbolBits < 1 || symbolBits > 11) {
      throw ImageException.damaged(Text.format("codes of %d bits", symbolBits));
    }
    int clear = 1 << symbolBits;
    int end = clear + 1;
    short[] prefix = new short[MOST_CODES];
    byte[] suffix = new byte[MOST_CODES];
    byte[] pending = new byte[MOST_CODES + 1];
    int next = end + 1;
    int bits = symbolBits + 1;
    int previous = -1;
    byte first = 0;
    int value = 0;
    int have = 0;
    int block = 0;
    for (int n = 0; n < out.length; ) {
      while (have < bits) {
        while (block == 0) {
          block = in.get() & 0xff;
          if (block == 0) {
            throw ImageException.damaged("its pixels end too early");
          }
        }
        value |= (in.get() & 0xff) << have;
        have += 8;
        block--;
      }
      int code = value & (1 << bits) - 1;
      value >>>= bits;
      have -= bits;
      if (code == clear) {
        next = end + 1;
        bits = symbolBits + 1;
        previous = -1;
        continue;
      }
      if (code == end) {
        throw ImageException.damaged("its pixels end too early");
      }
      if (code > next || previous < 0 && code > end || code == next && previous < 0) {
        throw ImageException.damaged("a code that is not known yet");
      }
      int depth = 0;
      int c = code;
      if (code == next) {
        // The code that is being defined: the one before and its own first pixel.
        pending[depth++] = first;
        c = previous;
      }
      while (c > end) {
        pending[depth++] = suffix[c];
        c = prefix[c] & 0xffff;
      }
      first = (byte) c;
      pending[depth++] = first;
      while (depth > 0 && n < out.length) {
        out[n++] = pending[--depth];
      }
      if (previous >= 0 && next < MOST_CODES) {
        prefix[next] = (short) previous;
        suffix[next++] = first;
        if (next == 1 << bits && bits < 12) {
          bits++;
        }
      }
      previous = code;
    }
  }
}
