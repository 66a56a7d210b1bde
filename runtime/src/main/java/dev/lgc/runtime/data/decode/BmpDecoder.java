package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Decodes BMP: 1, 2, 4, 8, 16, 24 and 32 bits a pixel, from the top or the bottom, run lengths, bit
 * fields, headers of OS/2 and Windows. Alpha counts where a bit field says so.
 */
final class BmpDecoder {
  private static final int NONE = 0;
  private static final int RUNS_8 = 1;
  private static final int RUNS_4 = 2;
  private static final int FIELDS = 3;
  private static final int ALPHA_FIELDS = 6;

  private final ByteBuffer in;
  private final DecodeLimit limit;
  private int width;
  private int height;
  private boolean fromTop;
  private int bits;
  private int compression;
  private int[] colors;

  /** The bits of red, green, blue and alpha in a pixel; 0 for none. */
  private final int[] masks = new int[4];

  private BmpDecoder(ByteBuffer in, DecodeLimit limit) {
    this.in = in.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    this.limit = limit;
  }

  /** Returns true if {@code in} begins as BMP does. */
  static boolean recognizes(ByteBuffer in) {
    return in.limit() >= 18 && in.get(0) == 'B' && in.get(1) == 'M';
  }

  /** Decodes {@code in} into {@code sink}. */
  static void decode(ByteBuffer in, DecodeLimit limit, PixelSink sink) throws ImageException {
    try {
      new BmpDecoder(in, limit).decode(sink);
    } catch (IndexOutOfBoundsException e) {
      throw ImageException.damaged("it ends too early", e);
    }
  }

  private void decode(PixelSink sink) throws ImageException {
    int header = in.getInt(14);
    int paletteEntry = 4;
    if (header == 12) {
      width = in.getShort(18) & 0xffff;
      height = in.getShort(20) & 0xffff;
      bits = in.getShort(24) & 0xffff;
      paletteEntry = 3;
    } else if (header >= 40 && header <= 1 << 16 || header == 16) {
      width = in.getInt(18);
      height = in.getInt(22);
      bits = in.getShort(28) & 0xffff;
      compression = header == 16 ? NONE : in.getInt(30);
    } else {
      throw ImageException.unsupported(Text.format("a BMP header of %d bytes", header));
    }
    fromTop = height < 0;
    height = Math.abs(height);
    if (width < 1 || height < 1) {
      throw ImageException.damaged(Text.format("%d by %d pixels", width, height));
    }
    int data = in.getInt(10);
    check();
    int after = 14 + header;
    if (compression == FIELDS || compression == ALPHA_FIELDS) {
      int n = compression == ALPHA_FIELDS || header >= 56 ? 4 : 3;
      for (int i = 0; i < n; i++) {
        masks[i] = in.getInt(54 + 4 * i);
      }
      after = Math.max(after, header == 40 ? 54 + 4 * n : 0);
    } else {
      masks[0] = bits == 16 ? 0x7c00 : 0xff0000;
      masks[1] = bits == 16 ? 0x3e0 : 0xff00;
      masks[2] = bits == 16 ? 0x1f : 0xff;
    }
    if (bits <= 8) {
      palette(after, data, paletteEntry, header < 40 ? 0 : in.getInt(46));
    }
    if (data < after || data > in.limit()) {
      throw ImageException.damaged("its pixels begin at a wrong place");
    }
    if (compression == RUNS_8 || compression == RUNS_4) {
      runs(data, sink);
    } else {
      rows(data, sink);
    }
  }

  private void check() throws ImageException {
    boolean known =
        switch (compression) {
          case NONE ->
              bits == 1
                  || bits == 2
                  || bits == 4
                  || bits == 8
                  || bits == 16
                  || bits == 24
                  || bits == 32;
          case RUNS_8 -> bits == 8 && !fromTop;
          case RUNS_4 -> bits == 4 && !fromTop;
          case FIELDS, ALPHA_FIELDS -> bits == 16 || bits == 32;
          default -> false;
        };
    if (!known) {
      throw ImageException.unsupported(
          Text.format("a BMP of %d bits a pixel with compression %d", bits, compression));
    }
  }

  private void palette(int at, int data, int entry, int given) throws ImageException {
    int most = Math.min(1 << bits, Math.max(0, (data - at) / entry));
    int n = given > 0 && given < most ? given : most;
    colors = new int[256]; // What is missing is black.
    for (int i = 0; i < n; i++) {
      int blue = in.get(at + entry * i) & 0xff;
      int green = in.get(at + entry * i + 1) & 0xff;
      colors[i] = (in.get(at + entry * i + 2) & 0xff) << 16 | green << 8 | blue;
    }
  }

  private void rows(int data, PixelSink sink) throws ImageException {
    long stride = ((long) width * bits + 31) / 32 * 4;
    if (stride * (height - 1) + ((long) width * bits + 7) / 8 > in.limit() - data) {
      throw ImageException.damaged("its pixels end too early");
    }
    sink.begin(width, height);
    byte[] row = new byte[(int) (((long) width * bits + 7) / 8)];
    byte[] rgb = new byte[3 * width];
    for (int y = 0; y < height; y++) {
      long at = data + stride * (fromTop ? y : height - 1 - y);
      in.get((int) at, row);
      convert(row, rgb);
      sink.row(rgb);
    }
  }

  private void convert(byte[] row, byte[] rgb) {
    if (bits <= 8) {
      for (int x = 0; x < width; x++) {
        int bit = x * bits;
        int index = (row[bit >> 3] & 0xff) >> 8 - bits - (bit & 7) & (1 << bits) - 1;
        Samples.put(rgb, 3 * x, colors[index]);
      }
      return;
    }
    int bytes = bits / 8;
    for (int x = 0, i = 0; x < width; x++, i += bytes) {
      if (compression == NONE && bytes > 2) {
        rgb[3 * x] = row[i + 2];
        rgb[3 * x + 1] = row[i + 1];
        rgb[3 * x + 2] = row[i];
        continue;
      }
      int pixel = row[i] & 0xff | (row[i + 1] & 0xff) << 8;
      if (bytes == 4) {
        pixel |= (row[i + 2] & 0xff) << 16 | (row[i + 3] & 0xff) << 24;
      }
      int alpha = masks[3] == 0 ? 255 : field(pixel, masks[3]);
      for (int c = 0; c < 3; c++) {
        rgb[3 * x + c] = Composer.onWhite(field(pixel, masks[c]), alpha);
      }
    }
  }

  private static int field(int pixel, int mask) {
    if (mask == 0) {
      return 0;
    }
    int shift = Integer.numberOfTrailingZeros(mask);
    return Samples.unsigned(
        (pixel & mask) >>> shift & 0xffffffffL, 32 - Integer.numberOfLeadingZeros(mask) - shift);
  }

  private void runs(int data, PixelSink sink) throws ImageException {
    long pixels = (long) width * height;
    limit.require(pixels, width, height);
    byte[] indices = new byte[(int) pixels]; // What is passed over has the first colour.
    uncompress(data, indices);
    sink.begin(width, height);
    byte[] rgb = new byte[3 * width];
    for (int y = height - 1; y >= 0; y--) {
      for (int x = 0; x < width; x++) {
        Samples.put(rgb, 3 * x, colors[indices[y * width + x] & 0xff]);
      }
      sink.row(rgb);
    }
  }

  private void uncompress(int at, byte[] out) throws ImageException {
    int x = 0;
    int y = 0;
    while (y < height) {
      int n = in.get(at) & 0xff;
      int v = in.get(at + 1) & 0xff;
      at += 2;
      if (n > 0) {
        for (int k = 0; k < n && x < width; k++, x++) {
          out[y * width + x] = (byte) (bits == 8 ? v : (k & 1) == 0 ? v >> 4 : v & 15);
        }
      } else if (v == 0) {
        x = 0;
        y++;
      } else if (v == 1) {
        return;
      } else if (v == 2) {
        x = Math.min(width, x + (in.get(at) & 0xff));
        y += in.get(at + 1) & 0xff;
        at += 2;
      } else {
        for (int k = 0; k < v; k++) {
          int b = in.get(at + (bits == 8 ? k : k >> 1)) & 0xff;
          if (x < width) {
            out[y * width + x++] = (byte) (bits == 8 ? b : (k & 1) == 0 ? b >> 4 : b & 15);
          }
        }
        int used = bits == 8 ? v : v + 1 >> 1;
        at += used + (used & 1);
      }
    }
  }
}
