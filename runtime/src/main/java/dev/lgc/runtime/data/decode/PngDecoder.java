package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Decodes PNG (RFC 2083, third edition by the W3C): all colour types, depths and interlacing.
 * Chunks that are not pixels, palette or transparency are passed over, so that an unsound profile
 * is no matter. Lengths, order and checksums of the others have to be right.
 */
final class PngDecoder {
  private static final long SIGNATURE = 0x89504e470d0a1a0aL;
  private static final int IHDR = 0x49484452;
  private static final int PLTE = 0x504c5445;
  private static final int TRNS = 0x74524e53;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454e44;
  private static final int ANCILLARY = 0x20000000;

  /** Deflate makes at most so many bytes of one. */
  private static final long MOST_INFLATION = 1032;

  // First column, first row, column step, row step of the seven passes of an interlaced picture.
  private static final int[][] PASSES = {
    {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
  };

  private final ByteBuffer in;
  private final List<ByteBuffer> data = new ArrayList<>();
  private long dataBytes;
  private int width;
  private int height;
  private boolean interlaced;
  private PngPixels pixels;

  private PngDecoder(ByteBuffer in) {
    this.in = in.duplicate();
  }

  /** Returns true if {@code in} begins as PNG does. */
  static boolean recognizes(ByteBuffer in) {
    return in.limit() >= 8 && in.getLong(0) == SIGNATURE;
  }

  /** Decodes {@code in} into {@code sink}. */
  static void decode(ByteBuffer in, DecodeLimit limit, PixelSink sink) throws ImageException {
    PngDecoder d = new PngDecoder(in);
    d.chunks();
    if (d.interlaced) {
      limit.require(3L * d.width * d.height, d.width, d.height);
    }
    d.rows(sink);
  }

  private void chunks() throws ImageException {
    in.position(8);
    CRC32 crc = new CRC32();
    for (boolean first = true; ; first = false) {
      if (in.remaining() < 12) {
        throw ImageException.damaged("it ends before its last chunk");
      }
      int length = in.getInt();
      int type = in.getInt(in.position());
      if (length < 0 || length > in.remaining() - 8) {
        throw ImageException.damaged(Text.format("a chunk of %d bytes", length & 0xffffffffL));
      }
      if (first && type != IHDR) {
        throw ImageException.damaged("it does not begin with a header");
      }
      ByteBuffer chunk = in.slice(in.position(), length + 4);
      in.position(in.position() + length + 4);
      int sum = in.getInt();
      if ((type & ANCILLARY) == 0 || type == TRNS) {
        crc.reset();
        crc.update(chunk.duplicate());
        if (sum != (int) crc.getValue()) {
          throw ImageException.damaged("a checksum is wrong");
        }
      }
      chunk = chunk.slice(4, length);
      switch (type) {
        case IHDR -> header(chunk, first);
        case PLTE -> pixels.palette(chunk);
        case TRNS -> pixels.transparency(chunk);
        case IDAT -> {
          data.add(chunk);
          dataBytes += length;
        }
        case IEND -> {
          return;
        }
        default -> {
          if ((type & ANCILLARY) == 0) {
            throw ImageException.unsupported("an unknown critical chunk");
          }
        }
      }
    }
  }

  private void header(ByteBuffer chunk, boolean first) throws ImageException {
    if (!first || chunk.limit() != 13) {
      throw ImageException.damaged("its header is wrong");
    }
    width = chunk.getInt(0);
    height = chunk.getInt(4);
    interlaced = chunk.get(12) == 1;
    if (width < 1 || height < 1) {
      throw ImageException.damaged("its size is wrong");
    }
    if (chunk.get(10) != 0 || chunk.get(11) != 0 || (chunk.get(12) & 0xfe) != 0) {
      throw ImageException.unsupported("an unknown compression, filter or interlacing");
    }
    pixels = new PngPixels(chunk.get(9), chunk.get(8));
  }

  private void rows(PixelSink sink) throws ImageException {
    pixels.check();
    if (pixels.stride(width) * height > MOST_INFLATION * dataBytes + 1024) {
      throw ImageException.damaged("it ends too early");
    }
    sink.begin(width, height);
    try (PngRows rows = new PngRows(data, pixels.stepBytes())) {
      byte[] rgb = new byte[3 * width];
      if (!interlaced) {
        rows.begin(pixels.stride(width));
        for (int y = 0; y < height; y++) {
          pixels.convert(rows.next(), width, rgb, 0, 3);
          sink.row(rgb);
        }
        return;
      }
      byte[] all = new byte[Math.multiplyExact(3 * width, height)];
      for (int[] p : PASSES) {
        int w = Math.ceilDiv(width - p[0], p[2]);
        int h = Math.ceilDiv(height - p[1], p[3]);
        if (w < 1 || h < 1) {
          continue;
        }
        rows.begin(pixels.stride(w));
        for (int r = 0; r < h; r++) {
          int at = 3 * ((p[1] + r * p[3]) * width + p[0]);
          pixels.convert(rows.next(), w, all, at, 3 * p[2]);
        }
      }
      for (int y = 0; y < height; y++) {
        System.arraycopy(all, 3 * y * width, rgb, 0, rgb.length);
        sink.row(rgb);
      }
    }
  }
}
