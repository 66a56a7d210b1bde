package dev.lgc.runtime.data.decode;

/** Lays a picture with transparency on white, and on a canvas that may be larger, row by row. */
final class Composer {
  private final PixelSink sink;
  private int canvasHeight;
  private int left;
  private int top;
  private int width;
  private int height;
  private byte[] row;
  private byte[] empty;

  Composer(PixelSink sink) {
    this.sink = sink;
  }

  /** A row of a picture by its number: 3 bytes a pixel. */
  interface Rows {
    byte[] row(int y) throws ImageException;
  }

  /** The picture is all of its canvas. */
  void begin(int width, int height) {
    begin(width, height, 0, 0, width, height, 0xffffff);
  }

  /** The canvas, the place and size of the picture on it, and the colour where there is none. */
  void begin(
      int canvasWidth, int canvasHeight, int left, int top, int width, int height, int color) {
    this.canvasHeight = canvasHeight;
    this.left = left;
    this.top = top;
    this.width = width;
    this.height = height;
    this.row = new byte[3 * canvasWidth];
    this.empty = new byte[row.length];
    for (int i = 0; i < empty.length; i++) {
      empty[i] = (byte) (color >> 16 - 8 * (i % 3));
    }
    sink.begin(canvasWidth, canvasHeight);
  }

  /** Sends the picture whose rows are {@code rows}; {@code alpha}, a byte a pixel, may be null. */
  void rows(Rows rows, byte[] alpha) throws ImageException {
    for (int y = 0; y < canvasHeight; y++) {
      System.arraycopy(empty, 0, row, 0, row.length);
      if (y >= top && y < top + height) {
        byte[] rgb = rows.row(y - top);
        if (alpha == null) {
          System.arraycopy(rgb, 0, row, 3 * left, 3 * width);
        } else {
          blend(rgb, alpha, (y - top) * width);
        }
      }
      sink.row(row);
    }
  }

  /** Sends a picture of alpha, red, green and blue; alpha counts if {@code transparent}. */
  void argb(int[] argb, boolean transparent) {
    for (int y = 0; y < canvasHeight; y++) {
      System.arraycopy(empty, 0, row, 0, row.length);
      if (y >= top && y < top + height) {
        int at = 3 * left;
        for (int i = (y - top) * width; i < (y - top + 1) * width; i++, at += 3) {
          int p = argb[i];
          int a = transparent ? p >>> 24 : 255;
          row[at] = onWhite(p >> 16 & 0xff, a);
          row[at + 1] = onWhite(p >> 8 & 0xff, a);
          row[at + 2] = onWhite(p & 0xff, a);
        }
      }
      sink.row(row);
    }
  }

  private void blend(byte[] rgb, byte[] alpha, int from) {
    for (int x = 0; x < width; x++) {
      int a = alpha[from + x] & 0xff;
      for (int c = 0; c < 3; c++) {
        row[3 * (left + x) + c] = onWhite(rgb[3 * x + c] & 0xff, a);
      }
    }
  }

  /** {@code color}, 0 to 255, that covers white by {@code alpha / 255}. */
  static byte onWhite(int color, int alpha) {
    return (byte) (alpha == 255 ? color : (color * alpha + 255 * (255 - alpha) + 127) / 255);
  }
}
