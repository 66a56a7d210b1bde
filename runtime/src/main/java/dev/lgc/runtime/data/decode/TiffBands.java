package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The samples of a TIFF in bands of rows, a row of strips or of tiles at a time, with compression
 * and prediction undone.
 */
final class TiffBands {
  private static final int HORIZONTAL = 2;
  private static final int FLOATING = 3;

  private final TiffDirectory d;
  private final int height;
  private final int bits;
  private final boolean bigEndian;
  private final long compression;
  private final int predictor;
  private final boolean reversed;

  /** Samples of each pixel that lie together: all, or one where each has a plane of its own. */
  private final int together;

  private final int planes;
  private final boolean tiled;
  private final int pieceWidth;
  private final int pieceHeight;

  /** True if rows can be taken out of a strip one by one. */
  private final boolean rowByRow;

  private final int across;

  /** Rows of a band; the last may have fewer that count. */
  final int rows;

  /** Bytes of a row of a plane. */
  final int stride;

  TiffBands(TiffDirectory d, int width, int height, int samples, int bits, DecodeLimit limit)
      throws ImageException {
    this.d = d;
    this.height = height;
    this.bits = bits;
    this.bigEndian = d.in.order() == ByteOrder.BIG_ENDIAN;
    this.compression = d.first(TiffDirectory.COMPRESSION, 1);
    this.predictor = d.number(TiffDirectory.PREDICTOR, 1, 1, 3, "a predictor");
    this.reversed = d.first(TiffDirectory.FILL_ORDER, 1) == 2;
    boolean planar = d.first(TiffDirectory.PLANAR, 1) == 2;
    this.together = planar ? 1 : samples;
    this.planes = planar ? samples : 1;
    this.tiled = d.count(TiffDirectory.TILE_WIDTH) > 0;
    int most = 1 << 24;
    if (tiled) {
      pieceWidth = d.number(TiffDirectory.TILE_WIDTH, 0, 1, most, "a tile width");
      pieceHeight = d.number(TiffDirectory.TILE_HEIGHT, 0, 1, most, "a tile height");
    } else {
      pieceWidth = width;
      long strip = Math.min(d.first(TiffDirectory.ROWS_PER_STRIP, height), height);
      pieceHeight = strip < 1 ? height : (int) strip;
    }
    this.rowByRow = !tiled && compression == TiffCompression.NONE;
    this.rows = rowByRow ? 1 : pieceHeight;
    this.across = Math.ceilDiv(width, pieceWidth);
    long pieceStride = ((long) pieceWidth * together * bits + 7) / 8;
    if (tiled && (long) pieceWidth * together * bits % 8 != 0) {
      throw ImageException.unsupported("tiles whose rows are no whole bytes are not read");
    }
    long bytes = pieceStride * across * rows * planes;
    limit.require(bytes * 2, width, height);
    this.stride = Math.toIntExact(pieceStride * across);
    long needed = (long) across * Math.ceilDiv(height, pieceHeight) * planes;
    int given = d.count(offsets());
    if (given < needed) {
      throw ImageException.damaged(Text.format("%d pieces of pixels instead of %d", given, needed));
    }
  }

  private int offsets() {
    return tiled ? TiffDirectory.TILE_OFFSETS : TiffDirectory.STRIP_OFFSETS;
  }

  /** Reads band {@code i}: {@code rows * stride} bytes for each plane. */
  byte[][] read(int i) throws ImageException {
    byte[][] band = new byte[planes][];
    int down = Math.ceilDiv(height, pieceHeight);
    if (rowByRow) {
      for (int p = 0; p < planes; p++) {
        band[p] = row(p * down + i / pieceHeight, i % pieceHeight);
      }
      return band;
    }
    int rowsHere = tiled ? rows : Math.min(rows, height - i * rows);
    for (int p = 0; p < planes; p++) {
      if (across == 1) {
        band[p] = piece(p * down + i, rowsHere, stride);
        continue;
      }
      band[p] = new byte[Math.multiplyExact(rows, stride)];
      int pieceStride = stride / across;
      for (int x = 0; x < across; x++) {
        byte[] piece = piece((p * down + i) * across + x, rows, pieceStride);
        for (int r = 0; r < rows; r++) {
          System.arraycopy(
              piece, r * pieceStride, band[p], r * stride + x * pieceStride, pieceStride);
        }
      }
    }
    return band;
  }

  private byte[] row(int strip, int row) throws ImageException {
    return bytes(d.at(offsets(), strip) + (long) row * stride, stride);
  }

  private byte[] bytes(long at, long size) throws ImageException {
    long left = d.in.limit() - at;
    if (at < 0 || left < 0 || size < 0 || size > left) {
      throw ImageException.damaged("it ends too early");
    }
    byte[] raw = new byte[(int) size];
    d.in.get((int) at, raw);
    if (reversed) {
      for (int i = 0; i < raw.length; i++) {
        raw[i] = (byte) (Integer.reverse(raw[i]) >>> 24);
      }
    }
    return raw;
  }

  private byte[] piece(int index, int rows, int stride) throws ImageException {
    int sizes = tiled ? TiffDirectory.TILE_BYTES : TiffDirectory.STRIP_BYTES;
    long at = d.at(offsets(), index);
    byte[] raw = bytes(at, index < d.count(sizes) ? d.at(sizes, index) : d.in.limit() - at);
    byte[] out = new byte[Math.multiplyExact(rows, stride)];
    TiffCompression.expand(compression, raw, out);
    if (compression != TiffCompression.NONE && compression != TiffCompression.PACK_BITS) {
      for (int r = 0; r < rows; r++) {
        unpredict(out, r * stride, stride);
      }
    }
    return out;
  }

  private void unpredict(byte[] b, int row, int stride) throws ImageException {
    int bytes = bits / 8;
    if (predictor == FLOATING) {
      if (bits < 16) {
        throw ImageException.damaged(
            Text.format("a predictor of floating-point numbers for samples of %d bits", bits));
      }
      floating(b, row, stride, bytes);
    } else if (predictor == HORIZONTAL) {
      if (bits != 8 && bits != 16 && bits != 32) {
        throw ImageException.unsupported("a predictor for samples of this size is not read");
      }
      int step = together * bytes;
      for (int i = row + step; i + bytes <= row + stride; i += bytes) {
        int carry = 0;
        for (int k = 0; k < bytes; k++) {
          int j = i + (bigEndian ? bytes - 1 - k : k);
          int sum = (b[j] & 0xff) + (b[j - step] & 0xff) + carry;
          b[j] = (byte) sum;
          carry = sum >> 8;
        }
      }
    }
  }

  /** Bytes of samples were sorted by significance, the highest first, before differences. */
  private void floating(byte[] b, int row, int stride, int bytes) {
    for (int i = row + together; i < row + stride; i++) {
      b[i] += b[i - together];
    }
    byte[] sorted = Arrays.copyOfRange(b, row, row + stride);
    int n = stride / bytes;
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < bytes; k++) {
        b[row + i * bytes + (bigEndian ? k : bytes - 1 - k)] = sorted[k * n + i];
      }
    }
  }
}
